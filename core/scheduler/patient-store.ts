import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../model/clock.ts';
import { AppError } from '../model/errors.ts';
import type { Store } from '../store/store.ts';

/** Twice what a leader without its store holds out for: whatever leads has lost the lead by then. */
const PATIENCE_MS = 30_000;
const READ_AGAIN_MS = 250;

/**
 * A store whose reads outlast a database that is away for a while, as its leader does: a restart of the
 * server must not end the command that follows a run. It is for reading only: what is written could be
 * written twice. `isOver` ends the patience.
 */
export function patientStore(store: Store, clock: Clock, isOver: () => boolean): Store {
  return new Proxy(store, {
    get: (target, name) => {
      const read: unknown = Reflect.get(target, name);
      if (typeof read !== 'function') return read;
      return (...given: unknown[]) => patiently(() => read.apply(target, given), clock, isOver);
    },
  });
}

async function patiently(read: () => unknown, clock: Clock, isOver: () => boolean): Promise<unknown> {
  const giveUpAt = clock.mono() + PATIENCE_MS;
  for (;;) {
    try {
      return await read();
    } catch (error) {
      if (!isAway(error) || isOver() || clock.mono() >= giveUpAt) throw error;
      await sleep(READ_AGAIN_MS);
    }
  }
}

/** The store was away, or another process leads: no error of what was asked, even if it is back by now. */
export function isAway(error: unknown): boolean {
  return error instanceof AppError && error.code === 'unavailable';
}
