import { taskAt } from '../graph/graph.ts';
import { type BecauseCode, because, type Facts, isEndedForPause } from '../model/because.ts';
import type { DagHookName, HookEvent, HookSpec, TaskHookName } from '../model/hook.ts';
import { keyText, type NodeNo } from '../model/ids.ts';
import { isFinished, isRunFinished, type Reason, type RunState, S, TASK_STATES } from '../model/states.ts';
import type { RunWorld } from './run-world.ts';
import type { Turn } from './turn.ts';

/** One transition of an instance, as its hooks see it. */
export interface HookedChange {
  readonly from: number;
  readonly to: number;
  readonly code: BecauseCode;
  readonly facts: Facts | null;
  readonly reason: Reason | null;
}

const HOOK_OF: { readonly [state: number]: TaskHookName } = {
  [S.running]: 'onStart',
  [S.success]: 'onSuccess',
  [S.failed]: 'onFailure',
  [S.up_for_retry]: 'onRetry',
  [S.skipped]: 'onSkip',
  [S.upstream_failed]: 'onSkip',
  [S.cancelled]: 'onCancel',
};

/**
 * The hook that a transition makes due, whatever caused it; `null` for most. A retry by hand is one for
 * instances that have had an attempt; a look, an iteration or a deferral after the first is no start.
 */
export function hookOf({ from, to, code }: HookedChange, tries: number, calls: number): TaskHookName | null {
  // What was stopped for a pause goes on: nothing of it failed.
  if (from === to || isEndedForPause(code)) return null;
  if (to === S.none) return code === 'retried' && tries > 0 && isFinished(from) ? 'onRetry' : null;
  if (to === S.running && (calls > 0 || from === S.paused)) return null;
  return HOOK_OF[to] ?? null;
}

/** Records the hooks of a task that a transition makes due, before the transition itself is recorded. */
export function fireTaskHooks(turn: Turn, run: RunWorld, node: number, change: HookedChange): void {
  if (!run.templates.hasHooks) return;
  const template = run.templateOf(node);
  if (!run.isTask(template)) return;
  const { hooks, path } = taskAt(run.graph, template);
  const tries = run.tryNo[node] as number;
  const calls = run.waits.get(node)?.calls ?? 0;
  const hook = hooks === undefined ? null : hookOf(change, tries, calls);
  if (hook === null) return;
  record(turn, run, hooks?.[hook] ?? [], node as NodeNo, {
    hook,
    task: path,
    key: keyText(run.blockOf(node).keys),
    try: tries - calls,
    state: TASK_STATES[change.to] as string,
    reason: change.reason,
    ...causeOf(change.code, change.facts),
  });
}

/** Whether a task has a hook for the start of its attempts, so that `running` is recorded at once. */
export function startsHooks(run: RunWorld, node: number): boolean {
  if (!run.templates.hasHooks) return false;
  return taskAt(run.graph, run.templateOf(node)).hooks?.onStart !== undefined;
}

/** Records the hooks of a DAG that a new state of a run makes due. */
export function fireRunHooks(
  turn: Turn,
  run: RunWorld,
  from: RunState,
  to: RunState,
  code: BecauseCode,
  facts: Facts | null,
): void {
  if (from === to || !isRunFinished(to)) return;
  if (to === 'success') fireDagHook(turn, run, 'onSuccess', to, code, facts);
  else if (to === 'failed') fireDagHook(turn, run, 'onFailure', to, code, facts);
}

/** Records the hooks of a DAG for one moment of a run, which is in `state` then. */
export function fireDagHook(
  turn: Turn,
  run: RunWorld,
  hook: DagHookName,
  state: RunState,
  code: BecauseCode,
  facts: Facts | null,
): void {
  const specs = run.graph.spec.hooks?.[hook];
  if (specs === undefined) return;
  const event = { hook, task: null, key: null, try: 0, state, reason: null, ...causeOf(code, facts) };
  record(turn, run, specs, null, event);
}

function causeOf(code: BecauseCode, facts: Facts | null): Pick<HookEvent, 'cause' | 'because'> {
  return { cause: code, because: because(code, facts ?? {}).text };
}

function record(
  turn: Turn,
  run: RunWorld,
  specs: readonly HookSpec[],
  nodeNo: NodeNo | null,
  about: Omit<HookEvent, 'id' | 'dag' | 'run'>,
): void {
  const { runNo, uid, dagId } = run.record;
  for (const position of specs.keys()) {
    const hookNo = ++run.hookNo;
    const event: HookEvent = { id: `${uid}.${hookNo}`, dag: dagId, run: uid, ...about };
    const job = { runNo, hookNo, nodeNo, position, event, createdAt: turn.now.at };
    turn.actions.push({ type: 'hook', job });
    turn.world.dueHooks.push(job);
  }
}
