import { AppError } from '../../core/model/errors.ts';
import type { CommitResult, Lease, Store, Tick } from '../../core/store/store.ts';

/** What may happen to the next commit of a leader. */
export const COMMIT_FAULTS = ['killBefore', 'killAfter', 'retry', 'stale', 'throw', 'freeze'] as const;
export type CommitFault = (typeof COMMIT_FAULTS)[number];

/** How a store of one leader tells the world what happens. */
export interface CommitWatch {
  /** Takes the next armed fault. */
  take(tick: Tick): CommitFault | null;
  /** The leader dies here. */
  die(): void;
  /** The leader stands still; resolves when it goes on. */
  freeze(): Promise<void>;
  written(lease: Lease, tick: Tick): void;
  readonly isDead: () => boolean;
}

const NEVER = new Promise<never>(() => {});
/** Commits in a row that a busy store refuses. */
const BUSY_TIMES = 3;

/** A store as one leader sees it: faults strike its commits, and nothing is answered once it is dead. */
export function simStore(store: Store, watch: CommitWatch): Store {
  let busy = 0;
  const write = (lease: Lease, tick: Tick): CommitResult | Promise<CommitResult> => {
    const result = store.commit(lease, tick);
    if (result instanceof Promise) return result.then((done) => told(lease, tick, done));
    return told(lease, tick, result);
  };
  const told = (lease: Lease, tick: Tick, result: CommitResult): CommitResult => {
    if (result.ok) watch.written(lease, tick);
    return result;
  };
  const commit = (lease: Lease, tick: Tick): CommitResult | Promise<CommitResult> => {
    if (watch.isDead()) return NEVER;
    if (busy > 0) {
      busy--;
      return { ok: false, why: 'retry', error: new Error('the database is busy') };
    }
    const fault = watch.take(tick);
    switch (fault) {
      case 'killBefore':
        watch.die();
        return NEVER;
      case 'killAfter':
        void write(lease, tick);
        watch.die();
        return NEVER;
      case 'retry':
        busy = BUSY_TIMES - 1;
        return { ok: false, why: 'retry', error: new Error('the database is busy') };
      case 'stale': {
        const runs = tick.actions.flatMap((action) =>
          'runNo' in action && action.runNo !== null ? [action.runNo] : [],
        );
        return { ok: false, why: 'stale', runs: [...new Set(runs)].slice(0, 1), requests: [], dags: [] };
      }
      case 'throw':
        throw new AppError('internal', 'The store refused a tick of the simulation');
      case 'freeze':
        return watch.freeze().then(() => write(lease, tick));
      case null:
        return write(lease, tick);
    }
  };
  return new Proxy(store, {
    get: (target, name) => {
      if (name === 'commit') return commit;
      const known: unknown = Reflect.get(target, name);
      if (typeof known !== 'function') return known;
      return (...given: unknown[]) => (watch.isDead() ? NEVER : known.apply(target, given));
    },
  });
}
