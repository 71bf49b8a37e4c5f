import { AppError } from '../core/model/errors.ts';
import type { RunRecord } from '../core/model/run.ts';
import type { PinRecord } from '../core/store/pins.ts';
import type { Store } from '../core/store/store.ts';

/** Newest runs of the DAG that are looked at. */
const RUNS_MAX = 1_000;

/** A version that is tried while new runs of its DAG have another one. */
export interface CanaryState {
  readonly pin: PinRecord;
  /** Its runs, newest first. */
  readonly runs: readonly RunRecord[];
}

/**
 * How far a canary is. Its runs are those with keys and with another version than new runs have, made since
 * these have it.
 * @throws AppError `conflict` if new runs have what the file declares: there is no canary then.
 */
export async function canaryOf(store: Store, dagId: string): Promise<CanaryState> {
  const [pin] = await store.pins([dagId]);
  if (pin === undefined)
    throw new AppError('conflict', `DAG ${dagId} has no canary: orch canary ${dagId} --key KEY starts one.`);
  const all = await store.runs({ dagId, since: pin.at, limit: RUNS_MAX });
  const runs = all.filter(
    ({ versionNo, trigger, scope }) =>
      trigger === 'manual' && scope.keys !== undefined && versionNo !== pin.versionNo,
  );
  return { pin, runs };
}
