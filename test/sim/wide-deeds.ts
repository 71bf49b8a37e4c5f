import type { Request } from '../../core/model/request.ts';
import { isRunFinished, type TaskState } from '../../core/model/states.ts';
import { readRunView } from '../../core/store/read-run-view.ts';
import type { Store } from '../../core/store/store.ts';
import type { Random } from '../unit/planner/random.ts';

/** What people do in wide worlds only. */
export const WIDE_DEEDS = ['retryWaiting', 'markWaiting'] as const;
export type WideDeed = (typeof WIDE_DEEDS)[number];

/** An instance of a run that is under way. */
interface Found {
  readonly runUid: string;
  readonly instance: string;
}

/** What people ask for when they do something of a kind to something that there is. */
export async function wideRequests(store: Store, kind: WideDeed, random: Random): Promise<Request[]> {
  const by = 'ann';
  const found = random.pick(await instancesIn(store, ['waiting', 'up_for_retry']));
  if (found === undefined) return [];
  const { runUid, instance } = found;
  if (kind === 'markWaiting')
    return [{ type: 'markTask', runUid, by, instance, state: random.pick(['success', 'failed'] as const) }];
  const again = { type: 'retry', runUid, by, select: 'tasks', tasks: [instance] } as const;
  return [{ ...again, upstream: false, downstream: random.chance(0.5), latest: false }];
}

async function instancesIn(store: Store, states: readonly TaskState[]): Promise<Found[]> {
  const found: Found[] = [];
  for (const run of await store.runs({ limit: 12 })) {
    if (isRunFinished(run.state)) continue;
    const view = await readRunView(store, run.runNo, { outputs: false });
    for (const { name, state } of view?.tasks ?? [])
      if (states.includes(state)) found.push({ runUid: run.uid, instance: name });
  }
  return found;
}
