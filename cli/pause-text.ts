import type { RunRecord } from '../core/model/run.ts';
import { isRunFinished } from '../core/model/states.ts';
import type { Store } from '../core/store/store.ts';

/** Which pause a run waits for somebody to end, that of its backfill or of its DAG; `null` for none. */
export async function pauseText(store: Store, run: RunRecord): Promise<string | null> {
  const { backfillNo, trigger, dagId } = run;
  if (isRunFinished(run.state)) return null;
  if (backfillNo !== undefined) {
    const isPaused = (await store.backfill(backfillNo))?.state === 'paused';
    return isPaused
      ? `backfill ${backfillNo} is paused. Let it go on: orch backfill resume ${backfillNo}`
      : null;
  }
  // Runs by hand go on while their DAG is paused.
  if (trigger !== 'schedule' && trigger !== 'asset') return null;
  const isPaused = (await store.dag(dagId))?.paused === true;
  return isPaused ? `DAG ${dagId} is paused. Let it go on: orch unpause ${dagId}` : null;
}
