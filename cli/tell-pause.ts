import type { RunRecord } from '../core/model/run.ts';
import { isRunFinished } from '../core/model/states.ts';
import type { Store } from '../core/store/store.ts';
import type { CommandContext } from './context.ts';
import { shortRunId } from './render/run-name.ts';

/** Says on stderr that a run waits for somebody to end a pause: that of its backfill, or of its DAG. */
export async function tellPause(context: CommandContext, store: Store, run: RunRecord): Promise<void> {
  const reason = isRunFinished(run.state) ? null : await pauseText(store, run);
  if (reason !== null) context.warn(`run ${shortRunId(run.uid)} waits: ${reason}`);
}

async function pauseText(store: Store, { backfillNo, trigger, dagId }: RunRecord): Promise<string | null> {
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
