import type { Action } from '../../core/model/action.ts';
import { systemClock } from '../../core/model/clock.ts';
import type { CommitResult, Lease, Store, Tick } from '../../core/store/store.ts';

/** What a leader did with its store. */
export interface StoreWatch {
  readonly store: Store;
  /** Calls that read, and ticks that were written. */
  reads: number;
  writes: number;
  /** Called when a tick is stored, with the wall time after it. */
  onWritten: (actions: readonly Action[], at: number) => void;
}

/** A store as it is, whose calls are counted. */
export function watchedStore(store: Store): StoreWatch {
  const bound = new Map<string | symbol, unknown>();
  const watch = { reads: 0, writes: 0, onWritten: () => {} } as unknown as StoreWatch & { store: Store };
  const told = (tick: Tick, result: CommitResult): CommitResult => {
    if (result.ok) watch.onWritten(tick.actions, systemClock.now());
    return result;
  };
  const commit = (lease: Lease, tick: Tick): CommitResult | Promise<CommitResult> => {
    watch.writes++;
    const result = store.commit(lease, tick);
    return result instanceof Promise ? result.then((one) => told(tick, one)) : told(tick, result);
  };
  const counted = (name: string | symbol): unknown => {
    const value: unknown = Reflect.get(store, name, store);
    if (name === 'commit') return commit;
    if (typeof value !== 'function') return value;
    return (...given: unknown[]): unknown => {
      watch.reads++;
      return Reflect.apply(value, store, given);
    };
  };
  watch.store = new Proxy(store, {
    get: (_, name) => {
      if (!bound.has(name)) bound.set(name, counted(name));
      return bound.get(name);
    },
  });
  return watch;
}
