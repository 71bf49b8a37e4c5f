import type { FanOutSpec, TaskSpec, TriggerRule } from '../../../core/model/dag.ts';
import { isRunFinished, TASK_STATES } from '../../../core/model/states.ts';
import { constantVerdict, type Final, type Upstream } from '../../unit/planner/rule-reference.ts';
import type { SimHistory, Violation } from '../history.ts';
import type { Place } from './layout.ts';
import { Replay, type RunNow } from './replay.ts';

const LIKE: { readonly [state: string]: Final } = {
  success: 'success',
  skipped: 'skipped',
  failed: 'failed',
  upstream_failed: 'upstream_failed',
  cancelled: 'upstream_failed',
};
/** Rules by which it does not matter how the upstreams end, but that they have ended. */
const DONE_RULES: readonly TriggerRule[] = ['all_done', 'all_done_setup_success'];
/** Reasons that name an upstream, and the verdict that they stand for. */
const VERDICTS: { readonly [code: string]: string } = {
  upstream_failed: 'upstream_failed',
  upstream_skipped: 'skipped',
};

/**
 * S10 nothing starts before what its rule needs, S11 the rule is a function of the upstreams, and a run ends
 * as its leaves say. Runs that people retried or marked, or that keys were taken from, follow no simple rule.
 */
export function checkRules(history: SimHistory): Violation[] {
  const found: Violation[] = [];
  const replay = new Replay(history);
  for (const written of history.written) {
    replay.apply(written);
    for (const action of written.actions) {
      if (action.type === 'run.change' && isRunFinished(action.to) && action.from !== action.to)
        checkEnd(replay.runs.get(action.runNo) as RunNow, action.to, found);
      if (action.type !== 'instance') continue;
      const run = replay.runs.get(action.runNo) as RunNow;
      const state = TASK_STATES[action.to] as string;
      if (run.touched || run.abort) continue;
      const place = run.layout.at(action.nodeNo);
      if (place.kind === 'join') continue;
      if (state === 'queued') checkStart(run, place, found);
    }
  }
  for (const run of replay.runs.values())
    if (!run.touched && !run.abort && isRunFinished(run.state)) checkFinal(run, found);
  return found;
}

/** The upstreams of a node, by names and keys; what was decided for the reason `open` counts as undecided. */
export function upstreams(
  run: RunNow,
  place: Place,
  open?: string,
): { rule: TriggerRule; states: Upstream[]; isTeardown: boolean } {
  const all = run.layout.all();
  const spec = place.spec as TaskSpec;
  const fanOuts = run.layout.graph.spec.fanOuts ?? [];
  const paths = new Set([...Object.values(spec.needs ?? {}), ...(spec.after ?? []), ...(spec.setups ?? [])]);
  const states: Upstream[] = [];
  for (const path of paths) {
    const fanOut: FanOutSpec | undefined = fanOuts.find((one) => one.path === path);
    const isJoin = fanOut?.minSuccess !== undefined;
    const wanted = fanOut && !isJoin ? fanOut.returns : path;
    for (const one of all) {
      if (one.path !== wanted || one.kind !== (isJoin ? 'join' : 'task')) continue;
      let shared = 0;
      while (shared < one.around.length && one.around[shared] === place.around[shared]) shared++;
      const depth = Math.min(shared, one.keys.length, place.keys.length);
      if (one.keys.slice(0, depth).join('\n') !== place.keys.slice(0, depth).join('\n')) continue;
      const state = Replay.stateOf(run, one.node);
      const isOpen = open !== undefined && run.nodes.get(one.node)?.code === open;
      if (state !== 'removed') states.push((isOpen ? null : LIKE[state]) ?? 'open');
    }
  }
  const isTeardown = spec.teardown === true;
  const rule = spec.triggerRule ?? (isTeardown ? 'all_done_setup_success' : 'all_success');
  return { rule, states, isTeardown };
}

function checkStart(run: RunNow, place: Place, found: Violation[]): void {
  const { rule, states } = upstreams(run, place);
  const waits = DONE_RULES.includes(rule) && states.includes('open');
  const verdict = waits ? 'wait' : constantVerdict(rule, states);
  if (verdict !== 'run')
    found.push({
      invariant: 'S10',
      text: `${nameIn(run, place)} starts, but ${rule} of ${states} says ${verdict}`,
    });
}

/** What never ran of a finished run has the state that its rule gives. */
function checkFinal(run: RunNow, found: Violation[]): void {
  for (const place of run.layout.all()) {
    const now = run.nodes.get(place.node);
    const isPlaceholder = place.keys.length < place.around.length;
    if (now === undefined || place.kind === 'join' || isPlaceholder) continue;
    const { rule, states, isTeardown } = upstreams(run, place);
    const verdict = constantVerdict(rule, states);
    const unrun = now.code === 'rule_unmet' ? now.state : VERDICTS[now.code];
    const wanted = unrun ?? (now.tryNo > 0 ? 'run' : null);
    if (wanted === null || isTeardown || verdict === wanted || hasSetup(run, place)) continue;
    found.push({
      invariant: 'S11',
      text: `${nameIn(run, place)} is ${now.state} by ${now.code}, but ${rule} of ${states} says ${verdict}`,
    });
  }
}

function nameIn(run: RunNow, { node, path }: Place): string {
  return `${run.record.runNo}.${node} (${path})`;
}

/** Setups before a task decide beside its rule. */
function hasSetup(run: RunNow, { path }: Place): boolean {
  const { tasks, fanOuts = [] } = run.layout.graph.spec;
  const setups = new Set(tasks.flatMap((task) => task.setups ?? []));
  if (setups.size === 0) return false;
  if (fanOuts.length > 0) return true;
  const before = new Set([path]);
  for (const one of before) {
    const task = tasks.find((other) => other.path === one);
    for (const upstream of [...(task?.after ?? []), ...Object.values(task?.needs ?? {})])
      before.add(upstream);
  }
  return [...before].some((one) => one !== path && setups.has(one));
}

/** S14: a run is a success exactly if no leaf ended badly and no critical task failed. */
function checkEnd(run: RunNow, state: string, found: Violation[]): void {
  if (run.touched) return;
  const { spec } = run.layout.graph;
  const runNo = run.record.runNo;
  const states = run.layout.all().map((place) => ({ place, state: Replay.stateOf(run, place.node) }));
  const failed = states.filter((one) => one.state === 'failed' && one.place.kind === 'task');
  const critical = failed.find(({ place }) => (place.spec as TaskSpec).critical);
  if (critical && state === 'success')
    found.push({
      invariant: 'S14',
      text: `run ${runNo} is a success, but critical ${critical.place.path} failed`,
    });
  for (const { place, state: left } of states) {
    if (left === 'none' && place.kind === 'task')
      found.push({ invariant: 'S14', text: `run ${runNo} ended and never decided ${place.path}` });
  }
  if (run.abort || critical || (spec.fanOuts ?? []).length > 0 || spec.tasks.some((task) => task.teardown))
    return;
  const before = new Set(
    spec.tasks.flatMap((task) => [...(task.after ?? []), ...Object.values(task.needs ?? {})]),
  );
  const bad = states.filter(
    (one) => !before.has(one.place.path) && ['failed', 'upstream_failed', 'cancelled'].includes(one.state),
  );
  const wanted = bad.length > 0 ? 'failed' : 'success';
  if (state !== wanted)
    found.push({ invariant: 'S14', text: `run ${runNo} is ${state}, but its leaves say ${wanted}` });
}
