import { BACKFILL_WHICH } from '../../core/model/backfill.ts';
import { PRIORITY_LEVELS } from '../../core/model/dag.ts';
import type { Request } from '../../core/model/request.ts';
import { isRunFinished } from '../../core/model/states.ts';
import { readRunView } from '../../core/store/read-run-view.ts';
import type { Store } from '../../core/store/store.ts';
import type { Random } from '../unit/planner/random.ts';
import type { VirtualTime } from './virtual-time.ts';
import { lastAnswers, WIDE_DEEDS, type WideDeed, wishesFor } from './wide-deeds.ts';

const HOUR = 3_600_000;

/** What is done to runs that are under way, or, of `retryOver`, to one that is over. */
const OF_OPEN = [
  'cancel',
  'kill',
  'pauseRun',
  'pauseAttempts',
  'setPriority',
  'markAll',
  'markThenRetry',
  'retryOver',
  'retryTwice',
];

/** Who asks for things, and what became of it. */
export class People {
  readonly asked: { readonly inboxId: number; readonly request: Request; readonly at: number }[] = [];
  /** Called when something was asked later than it was done. */
  onAsked: () => void = () => {};
  readonly #store: Store;
  readonly #time: VirtualTime;
  readonly #seed: number;
  #triggers = 0;

  constructor(store: Store, time: VirtualTime, seed: number) {
    this.#store = store;
    this.#time = time;
    this.#seed = seed;
  }

  /** Does one thing of a kind to something that there is. */
  async does(kind: string, random: Random, dagIds: readonly string[]): Promise<void> {
    const by = 'ann';
    if (kind === 'trigger' || kind === 'triggerTwice') {
      const dagId = random.pick(dagIds);
      const request = this.#trigger(dagId);
      await this.#ask(request);
      if (kind === 'triggerTwice') await this.#ask(request);
      return;
    }
    if (isWide(kind)) return this.#wish(kind, random);
    if (kind === 'pauseDag' || kind === 'unpauseDag') {
      const dagId = random.pick(dagIds);
      return this.#ask({ type: 'pauseDag', dagId, paused: kind === 'pauseDag', by });
    }
    if (kind === 'backfill' || kind === 'backfillThenPause') {
      const backfillNo = await this.#hand(this.#backfill(random, random.pick(dagIds)));
      if (kind === 'backfill') return;
      // Its slots are being read when this comes.
      return this.#ask({ type: 'changeBackfill', backfillNo, to: 'paused', by });
    }
    if (kind === 'changeBackfill') return this.#changeBackfill(random);
    const runs = await this.#store.runs({ limit: 12 });
    const open = runs.filter((run) => !isRunFinished(run.state));
    const over = runs.filter((run) => isRunFinished(run.state));
    const wantsOpen = OF_OPEN.includes(kind) || random.chance(0.6);
    const wanted = kind === 'retryOver' || kind === 'retryTwice' ? over : open;
    const run = random.pick(wantsOpen && wanted.length > 0 ? wanted : runs.slice(0, 6));
    if (run === undefined) return;
    const runUid = run.uid;
    switch (kind) {
      case 'cancel':
      case 'kill':
      case 'pauseRun':
      case 'resumeRun':
        return this.#ask({ type: kind, runUid, by });
      case 'pauseAttempts':
        return this.#ask({ type: 'pauseRun', runUid, by, attempts: true });
      case 'setPriority':
        return this.#ask({ type: kind, runUid, by, priority: random.pick(PRIORITY_LEVELS) });
      case 'markRun':
        return this.#ask({ type: kind, runUid, by, state: random.pick(['success', 'failed'] as const) });
    }
    const view = await readRunView(this.#store, run.runNo, { outputs: false });
    const names = (view?.tasks ?? []).map(({ name }) => name);
    const busy = (view?.tasks ?? []).filter((one) => one.state === 'running' || one.state === 'up_for_retry');
    const name = busy.length > 0 && random.chance(0.6) ? random.pick(busy).name : random.pick(names);
    const state = random.pick(['success', 'failed'] as const);
    const again = { type: 'retry', runUid, by, upstream: false, downstream: false, latest: false } as const;
    if (kind === 'retryOver' || kind === 'retryTwice') {
      if (kind === 'retryTwice') await this.#ask({ ...again, select: 'all', tasks: [] });
      return this.#ask({ ...again, select: 'all', tasks: [] });
    }
    if (kind === 'markAll' || kind === 'markThenRetry') {
      for (const { name: instance } of busy)
        await this.#ask({ type: 'markTask', runUid, by, instance, state: 'success' });
      if (kind === 'markThenRetry' && busy[0])
        await this.#ask({ ...again, select: 'tasks', tasks: [busy[0].name] });
      return;
    }
    if (kind === 'markTask' && name !== undefined)
      return this.#ask({ type: 'markTask', runUid, by, instance: name, state });
    const select = random.pick(['failed', 'all', 'tasks'] as const);
    if (select === 'tasks' && name === undefined) return;
    const tasks = select === 'tasks' ? [name as string] : [];
    const [upstream, downstream, latest] = [random.chance(0.3), random.chance(0.5), random.chance(0.3)];
    return this.#ask({ type: 'retry', runUid, by, select, tasks, upstream, downstream, latest });
  }

  /** Lets everything that is paused go on. */
  async unpauseAll(dagIds: Iterable<string>): Promise<void> {
    for (const dagId of dagIds) {
      const dag = await this.#store.dag(dagId);
      if (dag?.paused) await this.#ask({ type: 'pauseDag', dagId, paused: false, by: 'ann' });
    }
    await this.resumeAll();
  }

  /** Lets instances go that wait for a run before theirs which is not mended. */
  async passPasts(): Promise<void> {
    for (const { runNo, uid } of await this.#store.unfinishedRuns()) {
      const view = await readRunView(this.#store, runNo, { outputs: false });
      const looking = new Set(
        view?.version.spec.tasks.flatMap((one) => (one.dependsOnPast ? [one.path] : [])),
      );
      for (const { taskId, state, name } of view?.tasks ?? [])
        if (state === 'none' && looking.has(taskId))
          await this.#ask({ type: 'markTask', runUid: uid, by: 'ann', instance: name, state: 'success' });
    }
  }

  async resumeAll(): Promise<void> {
    for (const { state, backfillNo } of await this.#store.openBackfills())
      if (state === 'paused')
        await this.#ask({ type: 'changeBackfill', backfillNo, to: 'running', by: 'ann' });
    for (const { state, uid } of await this.#store.unfinishedRuns())
      if (state === 'paused') await this.#ask({ type: 'resumeRun', runUid: uid, by: 'ann' });
  }

  /** Answers what nobody has answered, unless there is an answer for that. */
  async answerAll(): Promise<void> {
    for (const request of await lastAnswers(this.#store)) await this.#ask(request);
  }

  async #wish(kind: WideDeed, random: Random): Promise<void> {
    for (const { request, afterMs } of await wishesFor(this.#store, kind, random, this.#time.now())) {
      if (afterMs === 0) await this.#ask(request);
      else this.#time.after(afterMs, () => void this.#ask(request).then(this.onAsked));
    }
  }

  #backfill(random: Random, dagId: string): Request {
    const dueBy = this.#time.now();
    const toAt = dueBy - random.upTo(2 * HOUR);
    return {
      type: 'createBackfill',
      dagId,
      fromAt: toAt - random.upTo(5 * HOUR),
      toAt,
      dueBy,
      which: random.pick(BACKFILL_WHICH),
      reverse: random.chance(0.3),
      scope: {},
      params: {},
      maxActiveRuns: random.chance(0.5) ? null : 1 + random.upTo(2),
      by: 'ann',
    };
  }

  async #changeBackfill(random: Random): Promise<void> {
    const backfill = random.pick(await this.#store.openBackfills());
    if (backfill === undefined) return;
    const to = random.pick(['running', 'paused', 'paused', 'cancelled'] as const);
    return this.#ask({ type: 'changeBackfill', backfillNo: backfill.backfillNo, to, by: 'ann' });
  }

  #trigger(dagId: string): Request {
    const no = (++this.#triggers).toString(16).padStart(4, '0');
    const runUid = `01900000-0000-7000-8000-${this.#seed.toString(16).padStart(8, '0')}${no}`;
    const inputs = { params: {}, scope: {}, maxParallel: null, inputsFrom: null, replaces: null };
    return { type: 'trigger', dagId, runUid, trigger: 'manual', ...inputs };
  }

  async #ask(request: Request): Promise<void> {
    await this.#hand(request);
  }

  /** The number of the request. */
  async #hand(request: Request): Promise<number> {
    const at = this.#time.now();
    const inboxId = await this.#store.ask(request, at);
    this.asked.push({ inboxId, request, at });
    return inboxId;
  }
}

function isWide(kind: string): kind is WideDeed {
  return (WIDE_DEEDS as readonly string[]).includes(kind);
}
