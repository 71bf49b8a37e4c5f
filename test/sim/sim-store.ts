import { AppError } from '../../core/model/errors.ts';
import type { HookRecord } from '../../core/model/hook.ts';
import type { CommitResult, Lease, Store, Tick } from '../../core/store/store.ts';

/** What may happen to the next commit of a leader. */
export const COMMIT_FAULTS = [
  'killBefore',
  'killAfter',
  'retry',
  'stale',
  'throw',
  'lostAnswer',
  'freeze',
  'pass',
] as const;
export type CommitFault = (typeof COMMIT_FAULTS)[number];

/** What may happen when a leader stores how far a hook has come. */
export const HOOK_FAULTS = ['hookKillBefore', 'hookKillAfter', 'hookThrow'] as const;
export type HookFault = (typeof HOOK_FAULTS)[number];

/** How a store of one leader tells the world what happens. */
export interface CommitWatch {
  /** Takes the next armed fault. */
  take(tick: Tick): CommitFault | null;
  /** The leader dies here. */
  die(): void;
  /** The leader stands still; resolves when it goes on. */
  freeze(): Promise<void>;
  written(lease: Lease, tick: Tick): void;
  /** Takes the next armed fault of a hook. */
  takeHookFault(): HookFault | null;
  hookSaved(lease: Lease, job: HookRecord): void;
  refused(): void;
  /** How often in a row a busy store refuses. */
  busyTimes(): number;
  /** What a read shows, which may be what held a moment ago. */
  shown(name: string, result: unknown): unknown;
  readonly isDead: () => boolean;
}

/** Reads that may show what held a moment ago. */
const READS: readonly string[] = ['dag', 'dags', 'loadRun', 'pendingRequests'];
const NEVER = new Promise<never>(() => {});

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
    else watch.refused();
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
        busy = watch.busyTimes() - 1;
        return { ok: false, why: 'retry', error: new Error('the database is busy') };
      case 'stale': {
        const runs = tick.actions.flatMap((action) =>
          'runNo' in action && action.runNo !== null ? [action.runNo] : [],
        );
        return { ok: false, why: 'stale', runs: [...new Set(runs)].slice(0, 1), requests: [], dags: [] };
      }
      case 'throw':
        throw new AppError('internal', 'The store refused a tick of the simulation');
      case 'lostAnswer':
        // It is written, and nobody who asked for it knows.
        return Promise.resolve(write(lease, tick)).then(() => {
          throw new AppError('internal', 'The answer of the store was lost in the simulation');
        });
      case 'freeze':
        return watch.freeze().then(() => write(lease, tick));
      case 'pass':
      case null:
        return write(lease, tick);
    }
  };
  return new Proxy(store, {
    get: (target, name) => {
      if (name === 'commit') return commit;
      if (name === 'saveHook') return savesHooks(store, watch);
      const known: unknown = Reflect.get(target, name);
      if (typeof known !== 'function') return known;
      return (...given: unknown[]) => {
        if (watch.isDead()) return NEVER;
        const result: unknown = known.apply(target, given);
        if (!READS.includes(String(name)) || !(result instanceof Promise)) return result;
        return result.then((read) => watch.shown(String(name), read));
      };
    },
  });
}

/** Stores how far hooks have come; faults strike there too. */
function savesHooks(store: Store, watch: CommitWatch): Store['saveHook'] {
  return async (lease, job) => {
    if (watch.isDead()) return NEVER;
    const fault = watch.takeHookFault();
    if (fault === 'hookThrow') throw new AppError('internal', 'The store refused a hook of the simulation');
    if (fault === 'hookKillBefore') watch.die();
    if (fault === 'hookKillBefore') return NEVER;
    await store.saveHook(lease, job);
    watch.hookSaved(lease, job);
    if (fault === 'hookKillAfter') watch.die();
    return watch.isDead() ? NEVER : undefined;
  };
}
