import type { DagSpec } from '../model/dag.ts';
import { AppError } from '../model/errors.ts';
import type { Request } from '../model/request.ts';
import type { RunRecord } from '../model/run.ts';
import { isRunFinished } from '../model/states.ts';
import type { PlannedRequest } from '../planner/requests.ts';
import type { Lease, Store } from '../store/store.ts';
import { removeLogs } from './kept-files.ts';

type Wanted = Pick<Extract<Request, { type: 'trigger' }>, 'name' | 'priority' | 'by' | 'traceparent'>;

/** What a run keeps of how it was asked for. A run of a task type is a task: it has a name and a level. */
export function askedFor(
  { name, priority, by, traceparent }: Wanted,
  spec: DagSpec,
): Pick<RunRecord, 'taskName' | 'priority' | 'createdBy' | 'cause'> {
  const asker = {
    ...(by === undefined ? {} : { createdBy: by }),
    ...(traceparent === undefined ? {} : { cause: { events: [], file: null, traceparent } }),
  };
  if (spec.taskType) {
    const ofTask = spec.tasks[0]?.priority;
    const own = typeof ofTask === 'string' ? ofTask : spec.priority;
    return { taskName: name ?? spec.id, priority: priority ?? own ?? 'normal', ...asker };
  }
  if (name !== undefined)
    throw new AppError('invalid', `DAG ${spec.id} is no task type: its runs have no name`);
  return { ...(priority === undefined ? {} : { priority }), ...asker };
}

/** Deletes a finished run. One that is not there any more was deleted when this was asked before. */
export async function deletedRun(
  { store, lease, stateDir }: { readonly store: Store; readonly lease: Lease; readonly stateDir: string },
  { runUid, dagId, by }: Extract<Request, { type: 'deleteRun' }>,
): Promise<Extract<PlannedRequest, { kind: 'deleted' }>> {
  const run = (await store.runsByUid(runUid)).find(({ uid }) => uid === runUid);
  if (run !== undefined) {
    if (!isRunFinished(run.state))
      throw new AppError('conflict', `run ${run.uid} is ${run.state}: only a finished run can be deleted`);
    if (!(await store.deleteRun(lease, run.runNo)))
      throw new AppError('conflict', `an unfinished run takes its inputs from run ${run.uid}`);
    await removeLogs(stateDir, run.runNo);
  }
  return { inboxId: null, kind: 'deleted', runUid, dagId, by };
}
