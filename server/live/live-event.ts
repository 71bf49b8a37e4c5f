import type { RunNo } from '../../core/model/ids.ts';
import type { RunName } from '../../core/store/live-reads.ts';
import { NodeNames } from '../../core/store/node-names.ts';
import type { JournalRecord, Store } from '../../core/store/store.ts';
import { instant } from '../views.ts';

/** A line of the journal as streams send it, with what decides who gets it. */
export interface LiveEvent {
  readonly seq: number;
  /** `null`: it is about no DAG. */
  readonly dagId: string | null;
  /** `null`: it is about no run. */
  readonly runId: string | null;
  /** As it goes over the line, its id and the empty line after it included. */
  readonly text: string;
}

/** Events up to a line of the journal; lines that nobody is to see leave no event. */
export interface EventBatch {
  readonly events: readonly LiveEvent[];
  /** All lines up to this one are in it. */
  readonly toSeq: number;
}

/** The part of a store that events are read from. */
export type EventStore = Pick<Store, 'live' | 'journal' | 'version' | 'run' | 'expansions'>;

/** Reads lines of the journal as events. */
export class EventSource {
  readonly #store: EventStore;
  readonly #names: NodeNames;

  constructor(store: EventStore) {
    this.#store = store;
    this.#names = new NodeNames(store);
  }

  lastSeq(): Promise<number> {
    return this.#store.live.lastSeq();
  }

  /** The events after a line, of at most so many lines. */
  async after(afterSeq: number, limit: number): Promise<EventBatch> {
    const lines = await this.#store.journal({ afterSeq, limit });
    const runNos = new Set(lines.flatMap(({ runNo }) => (runNo === null ? [] : [runNo])));
    const runs = await this.#store.live.runNames([...runNos]);
    const events: LiveEvent[] = [];
    for (const line of lines) {
      const event = await this.#eventOf(line, runs);
      if (event !== null) events.push(event);
    }
    return { events, toSeq: lines.at(-1)?.seq ?? afterSeq };
  }

  /** `null` for a line of a run that is gone, and of a node that people do not see. */
  async #eventOf(line: JournalRecord, runs: ReadonlyMap<RunNo, RunName>): Promise<LiveEvent | null> {
    const { seq, runNo, nodeNo, from, to, because } = line;
    const run = runNo === null ? null : runs.get(runNo);
    if (run === undefined) return null;
    const node =
      run && nodeNo !== null ? await this.#names.nameOf(runNo as RunNo, run.versionNo, nodeNo) : null;
    if (nodeNo !== null && node === null) return null;
    const named = because['dag'];
    const dagId = run?.dagId ?? (typeof named === 'string' ? named : null);
    const data = {
      seq,
      at: instant(line.at),
      runId: run?.uid ?? null,
      dagId,
      taskInstanceId: nodeNo === null ? null : `${runNo}.${nodeNo}`,
      task: node?.name ?? null,
      from,
      to,
      because,
    };
    const text = eventText(seq, kindOf(line), data);
    return { seq, dagId, runId: data.runId, text };
  }
}

function kindOf({ nodeNo, from, to, because: { code } }: JournalRecord): string {
  if (code === 'alert_opened' || code === 'alert_resolved') return 'alert.changed';
  if (from === to) return 'note';
  return nodeNo === null ? 'run.changed' : 'task.changed';
}

/** An event as it goes over the line. */
export function eventText(seq: number, event: string, data: object): string {
  return `id: ${seq}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
