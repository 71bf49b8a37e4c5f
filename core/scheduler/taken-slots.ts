import type { Action } from '../model/action.ts';
import type { RunUid } from '../model/ids.ts';
import { slotKey } from '../planner/agenda.ts';
import type { Store } from '../store/store.ts';

/**
 * Slots of refused actions that have a run in the store already, by {@link slotKey}. An edit may bring slots
 * about the same instants again: one hour as an instant before it, as the beginning of an interval after it.
 */
export async function takenSlots(
  store: Pick<Store, 'slotRuns'>,
  refused: readonly Action[],
): Promise<ReadonlyMap<string, RunUid>> {
  const taken = new Map<string, RunUid>();
  for (const action of refused) {
    if (action.type !== 'run.create' || action.run.logicalAt === null) continue;
    const { dagId, logicalAt } = action.run;
    const [run] = await store.slotRuns(dagId, logicalAt, logicalAt);
    if (run) taken.set(slotKey(dagId, logicalAt), run.uid);
  }
  return taken;
}
