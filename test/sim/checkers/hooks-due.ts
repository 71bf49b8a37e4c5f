import type { Action } from '../../../core/model/action.ts';
import { BECAUSE_CODES } from '../../../core/model/because.ts';
import type { TaskSpec } from '../../../core/model/dag.ts';
import type { HookJob } from '../../../core/model/hook.ts';
import { isFinished, isRunFinished, TASK_STATES } from '../../../core/model/states.ts';
import type { SimHistory, Violation, Written } from '../history.ts';
import { Replay, type RunNow } from './replay.ts';

/** The hook for what an instance has come to, by its new state. */
const MOMENTS: { readonly [state: string]: string } = {
  running: 'onStart',
  success: 'onSuccess',
  failed: 'onFailure',
  up_for_retry: 'onRetry',
  skipped: 'onSkip',
  upstream_failed: 'onSkip',
  cancelled: 'onCancel',
};

/** A hook that must be due: its moment, which of them, and what the event tells. */
interface Wanted {
  readonly hook: string;
  readonly position: number;
  readonly task: string | null;
  readonly tryNo: number;
  readonly state: string;
}

/**
 * S15 a hook is due for every change of its moments, in the transaction of the change, and for no other; S1
 * its id is given once. L3 an attempt that has begun and ended was told as begun where somebody asked for it.
 */
export function checkHooksDue(history: SimHistory): Violation[] {
  const found: Violation[] = [];
  const replay = new Replay(history);
  const calls = new Map<string, number>();
  const lastNo = new Map<number, number>();
  for (const written of history.written) {
    const versions = new Map([...replay.runs].map(([runNo, { versionNo }]) => [runNo, versionNo]));
    replay.apply(written);
    const due = written.actions.flatMap((one) => (one.type === 'hook' ? [one.job] : []));
    const wanted = wantedIn(replay, written, calls);
    for (const { runNo, hookNo, event } of due) {
      const next = (lastNo.get(runNo) ?? 0) + 1;
      if (hookNo !== next || event.id !== `${event.run}.${hookNo}`)
        found.push({ invariant: 'S1', text: `hook ${event.id} comes after ${next - 1} of its run` });
      lastNo.set(runNo, hookNo);
    }
    // A run that is moved to another version in this transaction has the hooks of both in it.
    const isMoved = [...versions].some(([runNo, no]) => replay.runs.get(runNo)?.versionNo !== no);
    if (!isMoved) compare(written, due, wanted, found);
  }
  return [...found, ...checkStarts(history, replay)];
}

function compare(
  { tick }: Written,
  due: readonly HookJob[],
  wanted: ReadonlyMap<number, readonly Wanted[]>,
  found: Violation[],
): void {
  const byRun = Map.groupBy(due, ({ runNo }) => runNo as number);
  for (const runNo of new Set([...byRun.keys(), ...wanted.keys()])) {
    const told = (byRun.get(runNo) ?? []).map(({ event, position }) =>
      textOf({ ...event, position, tryNo: event.try, state: event.hook === 'onDeadline' ? '' : event.state }),
    );
    const asked = (wanted.get(runNo) ?? []).map(textOf);
    if (told.join('\n') === asked.join('\n')) continue;
    const extra = told.filter((one) => !asked.includes(one));
    const missing = asked.filter((one) => !told.includes(one));
    found.push({
      invariant: 'S15',
      text: `tick ${tick}, run ${runNo}: hooks that are due are missing: ${missing}; are not due: ${extra}`,
    });
  }
}

function textOf({ hook, position, task, tryNo, state }: Wanted): string {
  return `${hook}[${position}] of ${task} (${state}, attempt ${tryNo})`;
}

/** The hooks that a transaction must make due, by run, in order. */
function wantedIn(replay: Replay, { actions }: Written, calls: Map<string, number>): Map<number, Wanted[]> {
  const wanted = new Map<number, Wanted[]>();
  const want = (runNo: number, specs: number, what: Omit<Wanted, 'position'>): void => {
    const list = wanted.get(runNo) ?? [];
    for (let position = 0; position < specs; position++) list.push({ ...what, position });
    if (specs > 0) wanted.set(runNo, list);
  };
  for (const action of actions) {
    if (action.type === 'wait') calls.set(`${action.runNo}.${action.nodeNo}`, action.wait?.calls ?? 0);
    if (action.type === 'instance') wantOfTask(replay, action, calls, want);
    const isOfRun = action.type === 'run.change' || action.type === 'deadline';
    const run = isOfRun ? (replay.runs.get(action.runNo) as RunNow) : null;
    if (run === null) continue;
    const hooks = run.layout.graph.spec.hooks ?? {};
    const runNo = run.record.runNo;
    const nothing = { task: null, tryNo: 0 };
    if (action.type === 'deadline' && action.stage === 'passed')
      want(runNo, hooks.onDeadline?.length ?? 0, { ...nothing, hook: 'onDeadline', state: '' });
    if (action.type !== 'run.change' || action.from === action.to || !isRunFinished(action.to)) continue;
    const hook = action.to === 'success' ? 'onSuccess' : action.to === 'failed' ? 'onFailure' : null;
    if (hook !== null) want(runNo, hooks[hook]?.length ?? 0, { ...nothing, hook, state: action.to });
  }
  return wanted;
}

type Change = Extract<Action, { type: 'instance' }>;

function wantOfTask(
  { runs }: Replay,
  { runNo, nodeNo, from, to, because, tryNo }: Change,
  calls: ReadonlyMap<string, number>,
  want: (runNo: number, specs: number, what: Omit<Wanted, 'position'>) => void,
): void {
  const place = runs.get(runNo)?.layout.at(nodeNo);
  const { hooks } = (place?.spec ?? {}) as TaskSpec;
  if (place?.kind !== 'task' || hooks === undefined || from === to) return;
  const before = calls.get(`${runNo}.${nodeNo}`) ?? 0;
  const state = TASK_STATES[to] as string;
  const isAgain = state === 'none' && BECAUSE_CODES[because] === 'retried' && tryNo > 0 && isFinished(from);
  if (state === 'running' && before > 0) return;
  const hook = isAgain ? 'onRetry' : MOMENTS[state];
  if (hook === undefined) return;
  const specs = hooks[hook as 'onStart']?.length ?? 0;
  want(runNo, specs, { hook, task: place.path, tryNo: tryNo - before, state });
}

/** Attempts whose end was decided, and that were never told as begun although hooks wait for that. */
function checkStarts({ written, witness }: SimHistory, { runs }: Replay): Violation[] {
  const told = new Set<string>();
  const decided = new Set<string>();
  const looks = new Set<string>();
  for (const action of written.flatMap(({ actions }) => actions)) {
    if (action.type === 'hook' && action.job.event.hook === 'onStart')
      told.add(`${action.job.runNo}.${action.job.nodeNo}.${action.job.event.try}`);
    if (action.type !== 'instance') continue;
    const code = BECAUSE_CODES[action.because] as string;
    const isEnd = ['succeeded', 'retry_wait', 'retries_spent', 'skipped_itself'].includes(code);
    if (isEnd) decided.add(`${action.runNo}.${action.nodeNo}.${action.tryNo}`);
  }
  for (const { word, attemptId, wait } of witness) if (word === 'START' && wait) looks.add(attemptId);
  return [...decided].flatMap((attemptId) => {
    const [runNo, node] = attemptId.split('.').map(Number) as [number, number];
    const run = runs.get(runNo) as RunNow;
    const { hooks } = run.layout.at(node).spec as TaskSpec;
    const isKept = run.versionNo === run.record.versionNo && !looks.has(attemptId);
    if (!hooks?.onStart || told.has(attemptId) || !isKept) return [];
    return [{ invariant: 'L3', text: `${attemptId} has ended, and nobody was told that it began` }];
  });
}
