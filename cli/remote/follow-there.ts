import { setTimeout as pause } from 'node:timers/promises';
import { AppError } from '../../core/model/errors.ts';
import type { RunRecord } from '../../core/model/run.ts';
import { isRunFinished } from '../../core/model/states.ts';
import { Bell } from '../../core/scheduler/bell.ts';
import type { RunUpdate } from '../../core/scheduler/session.ts';
import type { JournalRecord, MetricRecord } from '../../core/store/store.ts';
import type { FollowDesk } from '../follow-desk.ts';
import { lastLinesThere } from './log-pages.ts';
import { Patience } from './patience.ts';
import type { ServerDesk } from './server-desk.ts';

/** Metrics and progress are no events: they are looked for this often. */
const LOOK_EVERY_MS = 2_000;
/** Signs closer together than this are one look. */
const GATHER_MS = 100;
/** A stream that ended is opened again after this long. */
const REOPEN_MS = 2_000;

/** Follows a run of a server. */
export function followThere(desk: ServerDesk, run: RunRecord): FollowDesk {
  return {
    leading: false,
    view: () => desk.view(run),
    metrics: () => desk.metrics(run),
    pauseText: async () => null,
    tail: (instance, count) => lastLinesThere(desk, instance, count),
    watch: (signal) => new RunWatch(desk, run, signal).updates(),
    stop: (how) =>
      desk.server.call(how === 'kill' ? 'killRun' : 'cancelRun', { params: { runId: run.uid }, body: {} }),
    close: async () => {},
  };
}

/** Nobody is to wait for an end that does not come. */
function setAsideError({ uid }: RunRecord, why: string): AppError {
  const what =
    `run ${uid} was set aside: ${why}. Its attempts were stopped; it is unfinished, and other runs go on. ` +
    'The next scheduler there tries it again';
  return new AppError('internal', what, { runId: uid });
}

/** What happens in a run of a server, by its journal; the stream of events says when to look. */
class RunWatch {
  readonly #desk: ServerDesk;
  readonly #run: RunRecord;
  readonly #signal: AbortSignal;
  readonly #bell = new Bell();
  /** What was told of metrics and progress, by instance. */
  readonly #told = new Map<string, string>();
  #measuredAtMs = Number.NEGATIVE_INFINITY;
  readonly #patience = new Patience();

  constructor(desk: ServerDesk, run: RunRecord, signal: AbortSignal) {
    this.#desk = desk;
    this.#run = run;
    this.#signal = signal;
  }

  async *updates(): AsyncGenerator<RunUpdate> {
    const over = new AbortController();
    const signal = AbortSignal.any([this.#signal, over.signal]);
    const ear = this.#bell.listen();
    void this.#listen(signal);
    let afterSeq = 0;
    try {
      while (!this.#signal.aborted) {
        const look = await this.#patience.look(() => this.#look(afterSeq));
        if (look !== null) {
          afterSeq = look.lines.at(-1)?.seq ?? afterSeq;
          yield* look.updates;
          if (look.isOver) {
            yield { type: 'ended', view: await this.#desk.view(this.#run) };
            return;
          }
        }
        await ear.wait(LOOK_EVERY_MS, this.#signal);
        await pause(GATHER_MS, undefined, { signal: this.#signal }).catch(() => undefined);
      }
    } finally {
      over.abort();
      ear.close();
    }
  }

  /** Keeps a stream of events open that rings the bell; one that cannot be opened is made up for by looks. */
  async #listen(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#desk.listen(this.#run, signal, () => this.#bell.ring()).catch(() => undefined);
      await pause(REOPEN_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  /** What is new. */
  async #look(afterSeq: number) {
    // Before the journal: what is over has all its lines there.
    const { state, setAside } = await this.#desk.standing(this.#run);
    if (setAside !== null) throw setAsideError(this.#run, setAside);
    const lines = await this.#desk.journal(this.#run, afterSeq);
    const isOver = isRunFinished(state);
    const updates = [...(await this.#changes(lines)), ...(await this.#measuredIfDue(isOver))];
    return { lines, updates, isOver };
  }

  async #changes(lines: readonly JournalRecord[]): Promise<RunUpdate[]> {
    const nodes = lines.flatMap(({ nodeNo }) => (nodeNo === null ? [] : [nodeNo]));
    const views = await this.#desk.instances(this.#run, new Set(nodes));
    return lines.map((record) => ({
      type: 'change',
      record,
      instance: record.nodeNo === null ? null : (views.get(record.nodeNo) ?? null),
    }));
  }

  /** Metrics are read whole each time, so not at every sign of a run that does much. */
  async #measuredIfDue(isOver: boolean): Promise<RunUpdate[]> {
    const nowMs = performance.now();
    if (!isOver && nowMs - this.#measuredAtMs < LOOK_EVERY_MS) return [];
    this.#measuredAtMs = nowMs;
    return this.#measured();
  }

  /** Metrics and progress that are new; they count as told once all of it is read. */
  async #measured(): Promise<RunUpdate[]> {
    const all = await this.#desk.metrics(this.#run);
    const running = await this.#desk.running(this.#run);
    const keyOf = ({ nodeNo, tryNo, name }: MetricRecord): string => `${nodeNo}/${tryNo}/${name}`;
    const metrics = all.filter((one) => this.#told.get(keyOf(one)) !== String(one.at));
    const views = await this.#desk.instances(this.#run, new Set(metrics.map(({ nodeNo }) => nodeNo)));
    const updates: RunUpdate[] = [];
    for (const metric of metrics) {
      const instance = views.get(metric.nodeNo);
      if (instance !== undefined) updates.push({ type: 'metric', instance, metric });
      this.#told.set(keyOf(metric), String(metric.at));
    }
    for (const instance of running) {
      const text = JSON.stringify(instance.progress);
      if (instance.progress === null || this.#told.get(`${instance.nodeNo}`) === text) continue;
      this.#told.set(`${instance.nodeNo}`, text);
      updates.push({ type: 'progress', instance });
    }
    return updates;
  }
}
