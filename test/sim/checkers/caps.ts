import type { TaskSpec } from '../../../core/model/dag.ts';
import { isRunFinished, TASK_STATES } from '../../../core/model/states.ts';
import type { SimHistory, Violation } from '../history.ts';
import type { Layout, Place } from './layout.ts';
import { holds, Replay, type RunNow } from './replay.ts';

/** Runs that nobody asked for: they stand still while their DAG is paused. */
const OWN: readonly string[] = ['schedule', 'asset'];

/**
 * What holds slots at one moment, counted anew from the states. What a leader before had started is dead: a
 * leader that takes over runs one after the other has not yet said so of all.
 */
export class Usage {
  readonly #counts = new Map<string, number>();

  constructor(replay: Replay, epoch: number) {
    for (const run of replay.runs.values()) {
      if (isRunFinished(run.state) || run.asideOf === epoch) continue;
      for (const [node, now] of run.nodes)
        if (holds(now.state) && now.epoch === epoch) this.#add(run, run.layout.at(node));
    }
  }

  #add(run: RunNow, place: Place): void {
    for (const { name, by } of shares(run, place)) this.#counts.set(name, this.of(name) + by);
  }

  of(name: string): number {
    return this.#counts.get(name) ?? 0;
  }
}

/** The limits that an instance counts for, by name, and how much of each it takes. */
function shares(run: RunNow, place: Place): { readonly name: string; readonly by: number }[] {
  const task = place.spec as TaskSpec;
  const { dagId, runNo } = run.record;
  const around = place.around.map((fanOut, depth) => ({
    name: `fanOut ${runNo} ${fanOut} ${place.keys.slice(0, depth).join('\n')}`,
    by: 1,
  }));
  return [
    { name: 'global', by: 1 },
    { name: `pool ${task.pool ?? 'default'}`, by: task.poolSlots ?? 1 },
    { name: `run ${runNo}`, by: 1 },
    { name: `dag ${dagId}`, by: 1 },
    { name: `task ${dagId} ${task.path}`, by: 1 },
    { name: `task ${runNo} ${task.path}`, by: 1 },
    ...around,
  ];
}

/** How much of each limit there is for an instance. */
function limitsFor(history: SimHistory, run: RunNow, place: Place): Map<string, number> {
  const task = place.spec as TaskSpec;
  const { spec } = (run.layout as Layout).graph;
  const { dagId, runNo, maxParallel } = run.record;
  const { pools, globalSlots, defaults } = history.limits;
  const limits = new Map<string, number>([
    ['global', globalSlots],
    [`pool ${task.pool ?? 'default'}`, pools[task.pool ?? 'default'] ?? 0],
    [`run ${runNo}`, maxParallel ?? spec.maxActiveTasks ?? defaults.maxActiveTasks],
    [`dag ${dagId}`, spec.maxActiveTasksTotal ?? Number.POSITIVE_INFINITY],
    [`task ${dagId} ${task.path}`, task.maxActive ?? Number.POSITIVE_INFINITY],
    [`task ${runNo} ${task.path}`, task.maxActivePerRun ?? Number.POSITIVE_INFINITY],
  ]);
  place.around.forEach((fanOut, depth) => {
    const most = spec.fanOuts?.[fanOut]?.maxParallel;
    if (most !== undefined)
      limits.set(`fanOut ${runNo} ${fanOut} ${place.keys.slice(0, depth).join('\n')}`, most);
  });
  return limits;
}

/** S12: nothing gets a slot beyond a cap; S18: nothing of a scheduled run of a paused DAG gets one. */
export function checkCaps(history: SimHistory): Violation[] {
  const found: Violation[] = [];
  const replay = new Replay(history);
  for (const written of history.written) {
    const wasPaused = new Set([...replay.dags].filter(([, { paused }]) => paused).map(([dagId]) => dagId));
    const changed = new Set(written.actions.flatMap((one) => (one.type === 'dag.change' ? [one.dagId] : [])));
    const active = new Map<number, boolean>();
    for (const run of replay.runs.values()) active.set(run.record.runNo, isActive(run));
    replay.apply(written);
    checkRuns(history, replay, written, found);
    const queued = written.actions.filter(
      (one) => one.type === 'instance' && TASK_STATES[one.to] === 'queued',
    );
    if (queued.length === 0) continue;
    const usage = new Usage(replay, written.epoch);
    for (const action of queued) {
      if (action.type !== 'instance') continue;
      const run = replay.runs.get(action.runNo) as RunNow;
      const place = run.layout.at(action.nodeNo);
      const { dagId, trigger } = run.record;
      for (const [name, most] of limitsFor(history, run, place)) {
        if (usage.of(name) > most)
          found.push({
            invariant: 'S12',
            text: `${name}: ${usage.of(name)} of ${most} in tick ${written.tick}`,
          });
      }
      const id = `${action.runNo}.${action.nodeNo}`;
      const backfill = replay.backfills.get(run.backfillNo ?? 0);
      if (backfill?.state === 'paused' && !run.abort)
        found.push({ invariant: 'S18', text: `${id} got a slot although its backfill is paused` });
      if (!backfill && OWN.includes(trigger) && wasPaused.has(dagId) && !changed.has(dagId) && !run.abort)
        found.push({ invariant: 'S18', text: `${id} got a slot although its DAG is paused` });
      if (run.state === 'paused' && !run.abort)
        found.push({ invariant: 'S18', text: `${id} got a slot although its run is paused` });
    }
  }
  return found;
}

function isActive(run: RunNow): boolean {
  return run.state === 'running' || (run.state === 'paused' && run.startedAt !== null);
}

/** Whether a later run that is under way may wait for this one, which then begins whatever the cap says. */
function isLookedAt(replay: Replay, { record }: RunNow): boolean {
  const { dagId, logicalAt } = record;
  return [...replay.runs.values()].some(
    (one) =>
      one.record.dagId === dagId &&
      isActive(one) &&
      (one.record.logicalAt ?? 0) > (logicalAt ?? Number.POSITIVE_INFINITY) &&
      one.layout.graph.spec.tasks.some((task) => task.dependsOnPast || task.waitForDownstream),
  );
}

/** A queued run begins only if its DAG has not too many active ones. */
function checkRuns(
  history: SimHistory,
  replay: Replay,
  written: SimHistory['written'][number],
  found: Violation[],
): void {
  const begins = written.actions.flatMap((one) =>
    one.type === 'run.change' && one.from === 'queued' && one.to === 'running' ? [one] : [],
  );
  for (const [index, action] of begins.entries()) {
    const run = replay.runs.get(action.runNo) as RunNow;
    if (!isActive(run)) continue;
    const { dagId } = run.record;
    // Each by the limit of its own version, beside those that began before it.
    const later = new Set(begins.slice(index + 1).map(({ runNo }) => runNo));
    const active = [...replay.runs.values()].filter(
      (one) =>
        one.record.dagId === dagId &&
        one.backfillNo === run.backfillNo &&
        isActive(one) &&
        one.asideOf !== written.epoch &&
        !later.has(one.record.runNo),
    ).length;
    const backfill = replay.backfills.get(run.backfillNo ?? 0);
    const ofDag = run.layout.graph.spec.maxActiveRuns ?? history.limits.defaults.maxActiveRuns;
    const most = backfill?.maxActiveRuns ?? ofDag;
    if (active > most && !isLookedAt(replay, run))
      found.push({ invariant: 'S12', text: `run ${action.runNo} began as number ${active} of ${most}` });
  }
}

/** L4: what is ready and finds room everywhere does not wait while nothing else happens. */
export function checkStarvation(history: SimHistory): Violation[] {
  const found: Violation[] = [];
  const replay = new Replay(history);
  let at = 0;
  for (const { seq, waiting } of history.idle) {
    for (; at < seq; at++) replay.apply(history.written[at] as SimHistory['written'][number]);
    const usage = new Usage(replay, history.written[at - 1]?.epoch ?? 0);
    for (const { runNo, nodeNo } of waiting) {
      const run = replay.runs.get(runNo);
      if (run === undefined || run.state !== 'running') continue;
      const { dagId, trigger } = run.record;
      const backfill = replay.backfills.get(run.backfillNo ?? 0);
      const isPaused = backfill ? backfill.state === 'paused' : replay.dags.get(dagId)?.paused === true;
      if (isPaused && (backfill || OWN.includes(trigger))) continue;
      const place = run.layout.at(nodeNo);
      const limits = limitsFor(history, run, place);
      const isFull = shares(run, place).some(
        ({ name, by }) => usage.of(name) + by > (limits.get(name) ?? Number.POSITIVE_INFINITY),
      );
      if (!isFull) found.push({ invariant: 'L4', text: `${runNo}.${nodeNo} waits although there is room` });
    }
  }
  return found;
}
