import { setImmediate as nextTurn } from 'node:timers/promises';
import { isEndedForPause } from '../../core/model/because.ts';
import type { RunNo, VersionNo } from '../../core/model/ids.ts';
import { holdsSlot, isRunFinished, RUN_STATES, S, TASK_STATES } from '../../core/model/states.ts';
import type { StateChange } from '../../core/store/live-reads.ts';
import { type NodeName, NodeNames } from '../../core/store/node-names.ts';
import type { Store } from '../../core/store/store.ts';
import { Histogram } from './histogram.ts';

/** Lines that are read in one turn of the event loop. */
const LINES = 500;

/** What the attempts of a task of a DAG add up to. */
export class TaskTotals {
  readonly dagId: string;
  readonly task: string;
  /** Attempts that ended, by the state that they ended in; `paused`: for a pause. */
  readonly ended = new Map<string, number>();
  readonly durations = new Histogram();
  readonly queued = new Histogram();
  /** Attempts under way. */
  active = 0;

  constructor(dagId: string, task: string) {
    this.dagId = dagId;
    this.task = task;
  }
}

/** What the runs of a DAG add up to. */
export interface DagTotals {
  /** By the state that they ended in. */
  readonly durations: Map<string, Histogram>;
  lastSuccessAt: number | null;
}

interface Active {
  readonly totals: TaskTotals;
  readonly name: NodeName;
  readonly queuedAt: number;
}

/**
 * What the journal adds up to. It is read once; from then on each look costs what happened since. All of it
 * follows from what is stored, so every process has the same figures, whenever it was started.
 */
export class JournalTotals {
  readonly #store: Pick<Store, 'live' | 'version' | 'run' | 'expansions'>;
  readonly #names: NodeNames;
  readonly #tasks = new Map<string, TaskTotals>();
  readonly #dags = new Map<string, DagTotals>();
  /** Attempts under way by `<run>.<node>`, and since when runs run. */
  readonly #active = new Map<string, Active>();
  readonly #running = new Map<RunNo, number>();
  #seq = 0;
  #reading: Promise<void> | null = null;

  constructor(store: Pick<Store, 'live' | 'version' | 'run' | 'expansions'>) {
    this.#store = store;
    this.#names = new NodeNames(store);
  }

  get tasks(): readonly TaskTotals[] {
    return [...this.#tasks.values()];
  }

  get dags(): ReadonlyMap<string, DagTotals> {
    return this.#dags;
  }

  /** Slots that are taken, by pool. */
  get takenSlots(): ReadonlyMap<string, number> {
    const taken = new Map<string, number>();
    for (const { name } of this.#active.values())
      taken.set(name.pool, (taken.get(name.pool) ?? 0) + name.poolSlots);
    return taken;
  }

  /**
   * Reads what has happened since, for so long; whether that was all. It is read on in the background, and
   * what is asked for before is too little.
   */
  caughtUpWithin(ms: number): Promise<boolean> {
    const { promise: late, resolve } = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => resolve(false), ms);
    return Promise.race([this.catchUp().then(() => true), late]).finally(() => clearTimeout(timer));
  }

  /** Reads what has happened since; who asks meanwhile waits for the same look. */
  catchUp(): Promise<void> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = null;
    });
    return this.#reading;
  }

  async #read(): Promise<void> {
    for (;;) {
      const changes = await this.#store.live.changes(this.#seq, LINES);
      for (const change of changes) {
        const name = await this.#nameOf(change);
        if (change.nodeNo === null) this.#addRun(change);
        else if (name !== null) this.#addTask(change, name);
        this.#seq = change.seq;
      }
      if (changes.length < LINES) return;
      await nextTurn();
    }
  }

  /** Only changes into and out of attempts are named: of the others nothing is counted. */
  async #nameOf({ runNo, nodeNo, versionNo, from, to }: StateChange): Promise<NodeName | null> {
    if (runNo === null || nodeNo === null || versionNo === null || holds(from) === holds(to)) return null;
    return this.#names.nameOf(runNo, versionNo as VersionNo, nodeNo);
  }

  #addTask(change: StateChange, name: NodeName): void {
    const { at, runNo, nodeNo, dagId, from, to, startedAt, endedAt } = change;
    const id = `${runNo}.${nodeNo}`;
    if (holds(to)) {
      const totals = this.#totalsOf(dagId as string, name.task);
      totals.active++;
      this.#active.set(id, { totals, name, queuedAt: at });
      return;
    }
    const active = this.#active.get(id);
    if (active === undefined || !holds(from)) return;
    const { totals, queuedAt } = active;
    this.#active.delete(id);
    totals.active--;
    const state = endOf(change);
    if (state === null) return;
    totals.ended.set(state, (totals.ended.get(state) ?? 0) + 1);
    if (startedAt === null) return;
    totals.queued.add(startedAt - queuedAt);
    if (endedAt !== null) totals.durations.add(endedAt - startedAt);
  }

  #addRun({ at, runNo, dagId, to }: StateChange): void {
    const state = RUN_STATES[to];
    if (runNo === null || dagId === null || state === undefined) return;
    if (!isRunFinished(state)) {
      if (state === 'running' && !this.#running.has(runNo)) this.#running.set(runNo, at);
      return;
    }
    const dag = this.#dags.get(dagId) ?? { durations: new Map<string, Histogram>(), lastSuccessAt: null };
    this.#dags.set(dagId, dag);
    if (state === 'success') dag.lastSuccessAt = at;
    const startedAt = this.#running.get(runNo);
    this.#running.delete(runNo);
    if (startedAt === undefined) return;
    const durations = dag.durations.get(state) ?? new Histogram();
    dag.durations.set(state, durations);
    durations.add(at - startedAt);
  }

  #totalsOf(dagId: string, task: string): TaskTotals {
    const id = `${dagId}.${task}`;
    const totals = this.#tasks.get(id) ?? new TaskTotals(dagId, task);
    this.#tasks.set(id, totals);
    return totals;
  }
}

function holds(state: number): boolean {
  return state >= 0 && holdsSlot(state);
}

/**
 * How an attempt ended by the state that its instance went to; `null`: it was put off or taken back. One that
 * was ended for a pause has not failed.
 */
function endOf({ to, because }: StateChange): string | null {
  if (to === S.up_for_retry) return isEndedForPause(because) ? 'paused' : 'failed';
  return to === S.success || to === S.failed || to === S.cancelled || to === S.skipped
    ? (TASK_STATES[to] as string)
    : null;
}
