import { AppError } from '../core/model/errors.ts';
import type { RunRecord } from '../core/model/run.ts';
import { isRunFinished } from '../core/model/states.ts';
import { readDeadline } from '../core/store/read-deadline.ts';
import { readRunProgress } from '../core/store/state-tables.ts';
import type { Store } from '../core/store/store.ts';
import type { Services } from './services.ts';
import { instant, runDetail } from './views.ts';

/** A run and how far it is. */
export async function readDetail({ store, clock }: Pick<Services, 'store' | 'clock'>, run: RunRecord) {
  const found = await readRunProgress(store, run.runNo);
  const version = await store.version(run.versionNo);
  if (found === null || version === null) throw new AppError('not_found', `run ${run.uid} is gone`);
  const deadline = await readDeadline(store, found.run, version.spec, clock.now());
  return {
    ...runDetail(found),
    setAside: await setAsideText(store, run),
    deadline: deadline && { ...deadline, at: instant(deadline.at) },
  };
}

/** Why the process that leads has set a run aside; `null`: it has not. The next one tries it again. */
async function setAsideText(store: Store, { state, runNo }: RunRecord): Promise<string | null> {
  if (isRunFinished(state)) return null;
  const last = await store.live.lastLine(runNo);
  if (last?.because.code !== 'quarantined' || last.epoch !== (await store.counters()).epoch) return null;
  return String(last.because['error']);
}
