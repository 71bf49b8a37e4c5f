import type { Action } from '../../core/model/action.ts';
import { type DagSpec, PRIORITY_LEVELS, type PriorityLevel } from '../../core/model/dag.ts';
import type { VersionNo } from '../../core/model/ids.ts';
import { finished, succeeded } from './past-runs.ts';

/** Types of the ad-hoc tasks. */
const TYPES = 5;
/** One of so many failed. */
const FAILED_EVERY = 1_000;

/** The types of the ad-hoc tasks. */
export const taskTypes: readonly DagSpec[] = Array.from({ length: TYPES }, (_, at) => ({
  v: 1,
  id: `type${at}`,
  taskType: true,
  tasks: [{ path: 'work', action: { kind: 'pass' } }],
}));

/** An ad-hoc task as a run with this number, of one of some types, which has ended or waits for its turn. */
export function adHocTask(
  run: number,
  at: number,
  isOpen: boolean,
  versions: readonly VersionNo[],
): Action[] {
  const isFailed = at % FAILED_EVERY === 0;
  const type = at % versions.length;
  const dagId = taskTypes[type]?.id as string;
  const counts = isFailed ? { failed: 1 } : { success: 1 };
  const [create, end] = finished(run, dagId, versions[type] as VersionNo, counts);
  const asked = {
    taskName: `task ${at.toString(36)}`,
    createdBy: at % 3 === 0 ? 'ann' : 'ben',
    priority: PRIORITY_LEVELS[at % PRIORITY_LEVELS.length] as PriorityLevel,
  };
  const made = create as Extract<Action, { type: 'run.create' }>;
  const record = { ...made.run, ...asked, createdAt: made.run.createdAt + at };
  if (isOpen) return [{ ...made, run: { ...record, state: 'queued', startedAt: null } }];
  return [{ ...made, run: record }, succeeded(run, 0), end as Action];
}
