import type { Static } from 'typebox';
import { reportInForce } from '../core/scheduler/report-in-force.ts';
import { isKnownDead } from '../core/store/holder.ts';
import type { Store } from '../core/store/store.ts';
import type { SystemStatus } from './schemas/scheduler.ts';
import { instant } from './views.ts';

/** Who leads a store; `null`: nobody, as far as can be seen from here. */
export async function readLeader(store: Store): Promise<Static<typeof SystemStatus>['leader']> {
  const last = await store.leader();
  if (last === null || isKnownDead(last)) return null;
  const { pid, host, since, epoch } = last;
  return { pid, host, since: instant(since), epoch, isScheduler: (await reportInForce(store)) !== null };
}
