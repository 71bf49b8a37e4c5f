import { BECAUSE_CODES } from '../model/because.ts';
import { AppError } from '../model/errors.ts';
import type { NodeNo, RunNo } from '../model/ids.ts';
import { isRunFinished, TASK_STATES, type TaskState } from '../model/states.ts';
import { adoptRun } from '../planner/load.ts';
import { plan } from '../planner/plan.ts';
import type { PlannedRequest } from '../planner/requests.ts';
import type { RunWorld } from '../planner/run-world.ts';
import { World } from '../planner/world.ts';
import { worldOf } from '../store/read-run-view.ts';
import { limitsOf } from './limits-of.ts';
import { nodesNamed } from './nodes-named.ts';
import type { Project } from './project.ts';

/** What is to be marked: a task instance, or with `null` the run. */
export interface MarkChoice {
  readonly instance: string | null;
  readonly state: 'success' | 'failed';
}

/** What a mark would do about one task instance. */
export interface MarkedInstance {
  readonly nodeNo: NodeNo;
  readonly name: string;
  readonly from: TaskState;
  /** `mark`: it gets the state. `reset`: its rule is asked again. `end`: it does not run to its end. */
  readonly what: 'mark' | 'reset' | 'end';
}

/**
 * What a mark would do about the instances of a run: the planner decides about the mark on trial, alone in a
 * world of its own; nothing is changed.
 * @throws AppError `not_found` if there is no such task, `conflict` if it cannot be marked.
 */
export async function previewMark(
  project: Project,
  runNo: RunNo,
  { instance, state }: MarkChoice,
): Promise<MarkedInstance[]> {
  const stored = await project.store.loadRun(runNo);
  if (stored === null) throw new AppError('not_found', 'the run is gone');
  const run = worldOf(stored);
  const before = new Map([...run.existing()].map(({ node }) => [node, stateAt(run, node)]));
  const about = { inboxId: 0, run, by: '', state };
  const request: PlannedRequest =
    instance === null
      ? { ...about, kind: 'markRun' }
      : { ...about, kind: 'markTask', node: nodesNamed(run, instance, '/task')[0] as number };
  const world = new World(limitsOf(project, []));
  if (!isRunFinished(run.record.state)) adoptRun(world, run);
  const now = { at: project.clock.now(), mono: 0 };
  const { actions } = plan(world, [{ type: 'request', request }], now);
  for (const action of actions)
    if (action.type === 'answer' && !action.answer.ok)
      throw new AppError(action.answer.code, action.answer.message);
  if (instance === null) return isRunFinished(stored.run.state) ? [] : openInstances(run, before);
  const found = new Map<number, MarkedInstance>();
  for (const action of actions) {
    if (action.type !== 'instance' || found.has(action.nodeNo)) continue;
    const what = WHAT[BECAUSE_CODES[action.because] as string];
    if (what === undefined || !run.isTask(run.templateOf(action.nodeNo))) continue;
    const { nodeNo } = action;
    found.set(nodeNo, { nodeNo, name: run.nameOf(nodeNo), from: before.get(nodeNo) ?? 'none', what });
  }
  return [...found.values()];
}

const WHAT: { readonly [code: string]: 'mark' | 'reset' | undefined } = { marked: 'mark', retried: 'reset' };

/** Those that were not over before the mark, which ends them. */
function openInstances(run: RunWorld, before: ReadonlyMap<number, TaskState>): MarkedInstance[] {
  return [...run.existing()].flatMap(({ node, template, block }) => {
    const from = before.get(node) as TaskState;
    const isOpen = TASK_STATES.indexOf(from) < TASK_STATES.indexOf('success');
    if (!isOpen || !run.isTask(template) || !run.isSelected(template, block)) return [];
    return [{ nodeNo: node as NodeNo, name: run.nameOf(node), from, what: 'end' as const }];
  });
}

function stateAt(run: RunWorld, node: number): TaskState {
  return TASK_STATES[run.state[node] as number] as TaskState;
}
