import { AppError } from '../model/errors.ts';
import type { VersionNo } from '../model/ids.ts';
import type { Request } from '../model/request.ts';
import type { RollBackRequest } from '../planner/roll-back.ts';
import type { Store, VersionRecord } from '../store/store.ts';
import { entryOf, failuresOf } from './dag-entry.ts';
import { isScheduledAnew } from './rescheduled.ts';
import type { VersionKeeper } from './version-keeper.ts';

/**
 * Has new runs of a DAG use another version, and tells what a scheduler needs for it. After a crash it may be
 * done again.
 */
export async function wantedRollback(
  store: Store,
  versions: VersionKeeper,
  { dagId, versionNo, held = false, by }: Extract<Request, { type: 'rollBackDag' }>,
): Promise<{ readonly request: RollBackRequest; readonly version: VersionRecord }> {
  const version = await versions.pin({ dagId, versionNo: versionNo as VersionNo | null, held, by });
  const state = await store.dag(dagId);
  if (state === null) throw new AppError('not_found', `there is no DAG ${dagId}`);
  const isOver = (await store.pins([dagId])).length === 0;
  const dag = entryOf(version, state, await failuresOf(store, version, state));
  const isOther = await isScheduledAnew(store, version, state);
  return { request: { kind: 'rollBackDag', dag, isRescheduled: isOther, isOver, held, by }, version };
}
