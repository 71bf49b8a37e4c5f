import { AppError } from '../core/model/errors.ts';
import type { RunRecord } from '../core/model/run.ts';
import { isRunFinished } from '../core/model/states.ts';
import { readDeadline } from '../core/store/read-deadline.ts';
import { readRunProgress } from '../core/store/state-tables.ts';
import type { Store } from '../core/store/store.ts';
import type { Services } from './services.ts';
import { instant, runDetail } from './views.ts';

type Reading = Pick<Services, 'store' | 'clock'>;

/** A run that was just read, and how far it is. */
export async function readDetail({ store, clock }: Reading, run: RunRecord) {
  const [found, version, setAside] = await Promise.all([
    readRunProgress(store, run),
    store.version(run.versionNo),
    setAsideText(store, run),
  ]);
  if (version === null) throw new AppError('not_found', `run ${run.uid} is gone`);
  const deadline = await readDeadline(store, run, version.spec, clock.now());
  return {
    ...runDetail(found),
    setAside,
    deadline: deadline && { ...deadline, at: instant(deadline.at) },
  };
}

/** The same of a run that may have changed since it was read. */
export async function readDetailAnew(services: Reading, { runNo, uid }: RunRecord) {
  const run = await services.store.run(runNo);
  if (run === null) throw new AppError('not_found', `run ${uid} is gone`);
  return readDetail(services, run);
}

/** Why the process that leads has set a run aside; `null`: it has not. The next one tries it again. */
async function setAsideText(store: Store, { state, runNo }: RunRecord): Promise<string | null> {
  if (isRunFinished(state)) return null;
  const last = await store.live.lastLine(runNo);
  if (last?.because.code !== 'quarantined' || last.epoch !== (await store.counters()).epoch) return null;
  return String(last.because['error']);
}
