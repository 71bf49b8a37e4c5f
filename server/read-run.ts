import { AppError } from '../core/model/errors.ts';
import type { RunRecord } from '../core/model/run.ts';
import { readRunProgress } from '../core/store/state-tables.ts';
import type { Store } from '../core/store/store.ts';
import { runDetail } from './views.ts';

/** A run and how far it is. */
export async function readDetail(store: Store, run: RunRecord) {
  const found = await readRunProgress(store, run.runNo);
  if (found === null) throw new AppError('not_found', `run ${run.uid} is gone`);
  return runDetail(found);
}
