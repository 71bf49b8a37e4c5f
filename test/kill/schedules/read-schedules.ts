import type { Store } from '../../../core/store/store.ts';
import { RUNS_MAX, readStored } from '../store-eye.ts';
import type { StoredSchedules } from './history.ts';

/** Everything that the store says after a round of schedulers. */
export async function readSchedules(store: Store): Promise<StoredSchedules> {
  const stored = await readStored(store);
  const records = new Map((await store.runs({ limit: RUNS_MAX })).map((run) => [run.runNo as number, run]));
  const dags = await store.dags();
  const spans = await Promise.all(dags.map(({ dagId }) => store.slots({ dagId, limit: RUNS_MAX })));
  return {
    ...stored,
    runs: stored.runs.flatMap((run) => {
      const record = records.get(run.runNo);
      if (record === undefined) return [];
      const { dagId, trigger, logicalAt, createdAt } = record;
      return [{ ...run, dagId, trigger, logicalAt, createdAt }];
    }),
    dags: dags.map(({ dagId, paused, cursorAt }) => ({ dagId, paused, cursorAt })),
    spans: spans.flat(),
    backfills: (await store.backfills({ limit: 1_000 })).map(({ backfillNo, state }) => ({
      backfillNo,
      state,
    })),
  };
}
