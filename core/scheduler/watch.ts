import { AppError } from '../model/errors.ts';
import type { NodeNo, RunNo } from '../model/ids.ts';
import { isRunFinished } from '../model/states.ts';
import type { RunWorld } from '../planner/run-world.ts';
import { instanceView, readRunView, worldOf } from '../store/read-run-view.ts';
import type { InstanceView } from '../store/run-view.ts';
import type { JournalRecord, MetricRecord, Store } from '../store/store.ts';
import type { Bell } from './bell.ts';
import { requireWholeVersion } from './require-whole.ts';
import type { RunUpdate } from './session.ts';

/** Journal lines read at once. */
const LINES_MAX = 2_000;
/** Looks again after this long even if nothing rang. */
const LOOK_EVERY_MS = 5_000;

/**
 * Follows a run through its journal, from the beginning to its end. The bell says when to look; everything
 * told comes from the store, so followers in this process and in others see the same.
 */
export async function* watchRun(
  store: Store,
  runNo: RunNo,
  bell: Bell,
  signal?: AbortSignal,
): AsyncGenerator<RunUpdate> {
  const ear = bell.listen();
  const metrics = new MetricTail(store, runNo);
  const progress = new ProgressTail(store, runNo);
  let afterSeq = 0;
  let world: RunWorld | null = null;
  try {
    while (!signal?.aborted) {
      const lines = await store.journal({ runNo, afterSeq, limit: LINES_MAX });
      if (world === null || lines.some((line) => isOutdated(world as RunWorld, line))) {
        world = await readWorld(store, runNo);
      }
      const views = await readViews(store, world, runNo, lines);
      for (const record of lines) {
        afterSeq = record.seq;
        const instance = record.nodeNo === null ? null : (views.get(record.nodeNo) ?? null);
        if (record.nodeNo !== null && instance === null) continue;
        yield { type: 'change', record, instance };
        await refuseSetAside(store, record);
      }
      const viewOf = (node: NodeNo): Promise<InstanceView | null> =>
        readView(store, world as RunWorld, runNo, node);
      yield* metrics.news(viewOf);
      yield* progress.news(viewOf);
      if (lines.length === LINES_MAX) continue;
      if (lines.length === 0 || lines.some((line) => line.nodeNo === null)) {
        const run = await store.run(runNo);
        if (run && isRunFinished(run.state) && (await isDry(store, runNo, afterSeq))) {
          const view = await readRunView(store, runNo, { outputs: true });
          if (view) yield { type: 'ended', view };
          return;
        }
      }
      await ear.wait(LOOK_EVERY_MS, signal);
    }
  } finally {
    ear.close();
  }
}

/**
 * Nothing more happens in a run that the leader of now has set aside. A note of an earlier leader is history.
 * @throws AppError `internal`, so that nobody waits for an end that does not come.
 */
async function refuseSetAside(store: Store, { runNo, epoch, because }: JournalRecord): Promise<void> {
  if (runNo === null || because.code !== 'quarantined') return;
  if ((await store.counters()).epoch !== epoch) return;
  const run = await store.run(runNo);
  throw new AppError(
    'internal',
    `run ${run?.uid ?? runNo} was set aside: ${because['error']}. Its attempts were stopped; it is ` +
      'unfinished, and other runs go on. The next process that leads tries it again: orch retry',
    { runId: run?.uid ?? null },
  );
}

async function isDry(store: Store, runNo: RunNo, afterSeq: number): Promise<boolean> {
  return (await store.journal({ runNo, afterSeq, limit: 1 })).length === 0;
}

/** Whether a line tells of nodes that are new, or of another version. */
function isOutdated(world: RunWorld, line: JournalRecord): boolean {
  if (line.nodeNo === null) return line.because.code === 'repinned';
  return line.nodeNo >= world.size;
}

async function readWorld(store: Store, runNo: RunNo): Promise<RunWorld> {
  const stored = await store.loadRun(runNo);
  if (!stored) throw new Error(`run ${runNo} is gone`);
  requireWholeVersion(stored.version);
  return worldOf(stored);
}

async function readViews(
  store: Store,
  world: RunWorld,
  runNo: RunNo,
  lines: readonly JournalRecord[],
): Promise<Map<NodeNo, InstanceView>> {
  const nodes = [...new Set(lines.flatMap((line) => (line.nodeNo === null ? [] : [line.nodeNo])))];
  const views = new Map<NodeNo, InstanceView>();
  if (nodes.length === 0) return views;
  const rows = new Map((await store.instances(runNo, nodes)).map((row) => [row.nodeNo, row]));
  for (const node of nodes) {
    const view = instanceView(world, node, rows.get(node));
    if (view) views.set(node, view);
  }
  return views;
}

async function readView(
  store: Store,
  world: RunWorld,
  runNo: RunNo,
  node: NodeNo,
): Promise<InstanceView | null> {
  const [row] = await store.instances(runNo, [node]);
  return instanceView(world, node, row);
}

type ViewOf = (node: NodeNo) => Promise<InstanceView | null>;

/** Metrics of a run that were not told yet. */
class MetricTail {
  readonly #store: Store;
  readonly #runNo: RunNo;
  readonly #told = new Map<string, number>();

  constructor(store: Store, runNo: RunNo) {
    this.#store = store;
    this.#runNo = runNo;
  }

  async *news(viewOf: ViewOf): AsyncGenerator<RunUpdate> {
    for (const metric of await this.#store.metrics(this.#runNo)) {
      if (!this.#isNew(metric)) continue;
      const instance = await viewOf(metric.nodeNo);
      if (instance) yield { type: 'metric', instance, metric };
    }
  }

  #isNew(metric: MetricRecord): boolean {
    const id = `${metric.nodeNo}/${metric.tryNo}/${metric.name}`;
    if (this.#told.get(id) === metric.at) return false;
    this.#told.set(id, metric.at);
    return true;
  }
}

/** Progress of the instances of a run as far as it changed. */
class ProgressTail {
  readonly #store: Store;
  readonly #runNo: RunNo;
  readonly #told = new Map<NodeNo, string>();

  constructor(store: Store, runNo: RunNo) {
    this.#store = store;
    this.#runNo = runNo;
  }

  async *news(viewOf: ViewOf): AsyncGenerator<RunUpdate> {
    for (const progress of await this.#store.progress(this.#runNo)) {
      const text = `${progress.done}/${progress.total}/${progress.step}`;
      if (this.#told.get(progress.nodeNo) === text) continue;
      this.#told.set(progress.nodeNo, text);
      const instance = await viewOf(progress.nodeNo);
      if (instance) yield { type: 'progress', instance: { ...instance, progress } };
    }
  }
}
