import { AppError } from '../core/model/errors.ts';
import type { RunRecord } from '../core/model/run.ts';
import { isRunFinished } from '../core/model/states.ts';
import { readRunProgress } from '../core/store/state-tables.ts';
import type { Store } from '../core/store/store.ts';
import { runDetail } from './views.ts';

/** A run that was just read, and how far it is. */
export async function readDetail(store: Store, run: RunRecord) {
  const [found, setAside] = await Promise.all([readRunProgress(store, run), setAsideText(store, run)]);
  return { ...runDetail(found), setAside };
}

/** The same of a run that may have changed since it was read. */
export async function readDetailAnew(store: Store, { runNo, uid }: RunRecord) {
  const run = await store.run(runNo);
  if (run === null) throw new AppError('not_found', `run ${uid} is gone`);
  return readDetail(store, run);
}

/** Why the process that leads has set a run aside; `null`: it has not. The next one tries it again. */
async function setAsideText(store: Store, { state, runNo }: RunRecord): Promise<string | null> {
  if (isRunFinished(state)) return null;
  const last = await store.live.lastLine(runNo);
  if (last?.because.code !== 'quarantined' || last.epoch !== (await store.counters()).epoch) return null;
  return String(last.because['error']);
}
