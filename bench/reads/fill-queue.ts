import type { Action } from '../../core/model/action.ts';
import { type DagSpec, PRIORITY_LEVELS, type PriorityLevel } from '../../core/model/dag.ts';
import type { VersionNo } from '../../core/model/ids.ts';
import { finished, succeeded } from './past-runs.ts';

/** Types of the ad-hoc tasks. */
const TYPES = 5;
/** The newest of them wait for their turn. */
const QUEUED = 2_000;
/** One of so many failed. */
const FAILED_EVERY = 1_000;

/** The types of the ad-hoc tasks. */
export const taskTypes: readonly DagSpec[] = Array.from({ length: TYPES }, (_, at) => ({
  v: 1,
  id: `type${at}`,
  taskType: true,
  tasks: [{ path: 'work', action: { kind: 'pass' } }],
}));

/** One ad-hoc task of so many, as a run with this number. */
export function adHocTask(run: number, at: number, count: number, versions: readonly VersionNo[]): Action[] {
  const isFailed = at % FAILED_EVERY === 0;
  const dagId = taskTypes[at % TYPES]?.id as string;
  const counts = isFailed ? { failed: 1 } : { success: 1 };
  const [create, end] = finished(run, dagId, versions[at % TYPES] as VersionNo, counts);
  const asked = {
    taskName: `task ${at.toString(36)}`,
    createdBy: at % 3 === 0 ? 'ann' : 'ben',
    priority: PRIORITY_LEVELS[at % PRIORITY_LEVELS.length] as PriorityLevel,
  };
  const made = create as Extract<Action, { type: 'run.create' }>;
  const record = { ...made.run, ...asked, createdAt: made.run.createdAt + at };
  if (at >= count - QUEUED) return [{ ...made, run: { ...record, state: 'queued', startedAt: null } }];
  return [{ ...made, run: record }, succeeded(run, 0), end as Action];
}
