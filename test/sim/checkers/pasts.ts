import type { TaskSpec } from '../../../core/model/dag.ts';
import type { TaskState } from '../../../core/model/states.ts';
import type { SimHistory, Violation } from '../history.ts';
import type { Place } from './layout.ts';
import { Replay, type RunNow } from './replay.ts';

const GOOD: readonly TaskState[] = ['success', 'skipped', 'removed'];

/**
 * S10 nothing starts before its past lets it: the same task and key of the run of the slot before is a
 * success or skipped, and with `waitForDownstream` the tasks that name it. What people retried in that run
 * may have been let through before; teardowns of a run that is being ended ask nobody. L3 what its past lets
 * run does not wait for it.
 */
export function checkPasts(history: SimHistory): Violation[] {
  const found = history.unwoken.map(
    ({ runNo, nodeNo }): Violation => ({
      invariant: 'L3',
      text: `${runNo}.${nodeNo} waits for its past, which lets it run`,
    }),
  );
  const replay = new Replay(history);
  for (const written of history.written) {
    replay.apply(written);
    for (const action of written.actions) {
      if (action.type !== 'instance' || action.tryNo !== action.tryBase + 1) continue;
      const run = replay.runs.get(action.runNo) as RunNow;
      if (Replay.stateOf(run, action.nodeNo) !== 'queued' || run.record.logicalAt === null || run.abort)
        continue;
      const place = run.layout.at(action.nodeNo);
      const spec = place.spec as TaskSpec;
      const before = spec.dependsOnPast && !isFirst(replay, run) ? runBefore(replay, run) : null;
      if (before === null || before.touched) continue;
      const bad = badPast(run, spec, place, before);
      if (bad !== null)
        found.push({
          invariant: 'S10',
          text:
            `${action.runNo}.${place.node} (${place.path}) starts, but ${bad.path} of run ` +
            `${before.record.runNo} is ${Replay.stateOf(before, bad.node)}`,
        });
    }
  }
  return found;
}

/** The first run of a backfill looks at nothing before it. */
function isFirst({ backfills }: Replay, { backfillNo, record }: RunNow): boolean {
  const dueAt = record.intervalEndAt ?? record.logicalAt;
  return backfillNo !== null && backfills.get(backfillNo)?.firstAt === dueAt;
}

/** The run of the slot before, unless it does not count. */
function runBefore(replay: Replay, run: RunNow): RunNow | null {
  const at = run.record.logicalAt ?? 0;
  let best: RunNow | null = null;
  for (const other of replay.runs.values()) {
    const { dagId, logicalAt } = other.record;
    if (dagId !== run.record.dagId || logicalAt === null || logicalAt >= at) continue;
    if (best === null || logicalAt > (best.record.logicalAt ?? 0)) best = other;
  }
  const { catchup, startAt } = run.layout.graph.spec;
  const isTooOld = catchup && startAt !== undefined && (best?.record.logicalAt ?? 0) < Date.parse(startAt);
  return isTooOld ? null : best;
}

function badPast(run: RunNow, spec: TaskSpec, place: Place, before: RunNow): Place | null {
  const { tasks } = run.layout.graph.spec;
  const names = (task: TaskSpec): boolean =>
    [...(task.after ?? []), ...Object.values(task.needs ?? {})].includes(place.path);
  const paths = spec.waitForDownstream ? tasks.filter(names).map(({ path }) => path) : [];
  const all = before.layout.all().filter(({ kind }) => kind === 'task');
  const own = all.filter((one) => one.path === place.path && one.keys.join('\n') === place.keys.join('\n'));
  if (own.length === 0) return null;
  const isUnder = (one: Place): boolean => place.keys.every((key, depth) => (one.keys[depth] ?? key) === key);
  const after = all.filter(
    (one) => paths.includes(one.path) && one.keys.length === one.around.length && isUnder(one),
  );
  return [...own, ...after].find((one) => !GOOD.includes(Replay.stateOf(before, one.node))) ?? null;
}
