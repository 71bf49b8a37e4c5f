import { setTimeout as sleep } from 'node:timers/promises';
import type { RunNo } from '../model/ids.ts';
import { isRunFinished } from '../model/states.ts';
import { type PlannerEvent, plan } from '../planner/plan.ts';
import type { PlannedRequest } from '../planner/requests.ts';
import type { Instant } from '../planner/turn.ts';
import { type Limits, World } from '../planner/world.ts';
import type { Store } from '../store/store.ts';
import type { LedRun } from './leader-options.ts';
import { asError } from './quarantine.ts';

/** A store that does not answer is asked again after this time. */
const READ_AGAIN_MS = 500;

interface Sources {
  readonly store: Store;
  readonly limits: Limits;
  readonly reload: (runNo: RunNo) => Promise<LedRun | null>;
}

/**
 * A run as the store has it, or the error that keeps it from being led; waits as long as the store is away.
 * With `outcomes` it is planned on trial first, with these and nothing beside it, and then read anew.
 */
export async function readRun(
  from: Sources,
  runNo: RunNo,
  how: {
    readonly outcomes: readonly PlannerEvent[] | null;
    /** Attempts that are not lost. */
    readonly live: ReadonlySet<string>;
    readonly now: () => Instant;
    readonly isStopped: () => boolean;
  },
): Promise<LedRun | Error | null> {
  for (;;) {
    try {
      const led = await from.reload(runNo);
      if (how.outcomes === null || led === null || isRunFinished(led.run.record.state)) return led;
      const request: PlannedRequest = { inboxId: null, kind: 'adopt', run: led.run, live: how.live };
      plan(new World(from.limits), [{ type: 'request', request }, ...how.outcomes], how.now());
      return await from.reload(runNo);
    } catch (error) {
      if (how.isStopped() || (await isThere(from.store))) return asError(error);
      await sleep(READ_AGAIN_MS);
    }
  }
}

/** Whether the store can be reached, so that an error is not its absence. */
export async function isThere(store: Store): Promise<boolean> {
  return store.counters().then(
    () => true,
    () => false,
  );
}
