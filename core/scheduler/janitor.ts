import { statfs } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Config } from '../config/config.ts';
import type { Logger } from '../log/logger.ts';
import type { Clock } from '../model/clock.ts';
import type { Lease, Store } from '../store/store.ts';
import { removeLogs, sweepFiles, sweepLogs } from './kept-files.ts';
import { asError } from './quarantine.ts';

/** Between two looks. */
const LOOK_EVERY_MS = 3_600_000;
/** The first look waits until the scheduler has done what was due while none led. */
const FIRST_LOOK_MS = 60_000;

export interface JanitorOptions {
  readonly store: Store;
  readonly lease: Lease;
  readonly clock: Clock;
  readonly stateDir: string;
  readonly retention: Config['retention'];
  readonly log: Logger;
  /** Bytes that are free on the disk of the state folder; asks the system unless a test brings its own. */
  readonly freeBytes?: () => Promise<number>;
}

/** A request with a key that comes again after so long is a new one. */
const REPLIES_KEPT_MS = 24 * 3_600_000;

/** What one look of the janitor took away. */
export interface Cleared {
  readonly runs: number;
  readonly requests: number;
  /** Entries of the cache. */
  readonly cached: number;
  readonly files: number;
}

/**
 * Deletes what is older than the retention of the project, and more when the disk is full: first rows, then
 * files, so that a crash in between leaves files that nobody names, which the next look takes away.
 */
export class Janitor {
  readonly #options: JanitorOptions;
  #timer: NodeJS.Timeout | null = null;
  #looking: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(options: JanitorOptions) {
    this.#options = options;
  }

  /** Looks from now on, by itself. */
  start(): void {
    this.#lookAfter(FIRST_LOOK_MS);
  }

  /** Takes away what may go now. */
  async look(): Promise<Cleared> {
    const { store, lease, clock, stateDir, retention } = this.#options;
    const { runsMs } = retention;
    let runs = 0;
    let requests = 0;
    let cached = 0;
    if (runsMs !== null) {
      const before = clock.now() - runsMs;
      runs += await this.#purge(() => before);
      for (let gone = -1; gone !== 0 && !this.#closed; requests += gone)
        gone = await store.purgeRequests(lease, before);
      for (let gone = -1; gone !== 0 && !this.#closed; ) gone = await store.alerts.purge(lease, before);
    }
    await store.replies.forget(clock.now() - REPLIES_KEPT_MS);
    const policy = { expiredBefore: clock.now(), madeBefore: runsMs === null ? null : clock.now() - runsMs };
    for (let gone = -1; gone !== 0 && !this.#closed; cached += Math.max(gone, 0))
      gone = await store.purgeCache(lease, policy);
    if (!this.#closed) await store.operations.history.condense(lease, clock.now());
    if (await this.#isFull()) runs += await this.#purge(() => clock.now(), true);
    await sweepLogs(stateDir, async (runNo) => (await store.run(runNo)) !== null);
    const files = await sweepFiles(stateDir, clock.now(), () => store.filesInUse());
    return { runs, requests, cached, files };
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#timer) clearTimeout(this.#timer);
    await this.#looking.catch(() => undefined);
  }

  /** Deletes runs of every DAG, a few at a time; with `whileFull` only as long as the disk is. */
  async #purge(endedBefore: () => number, whileFull = false): Promise<number> {
    const { store, lease, stateDir, retention } = this.#options;
    const open = new Set((await store.dags()).map(({ dagId }) => dagId));
    let count = 0;
    while (open.size > 0) {
      for (const dagId of open) {
        if (this.#closed || (whileFull && !(await this.#isFull()))) return count;
        const policy = { endedBefore: endedBefore(), keep: retention.keep };
        const gone = await store.purgeRuns(lease, dagId, policy);
        for (const runNo of gone) await removeLogs(stateDir, runNo);
        count += gone.length;
        if (gone.length === 0) open.delete(dagId);
        await nextTurn();
      }
    }
    return count;
  }

  async #isFull(): Promise<boolean> {
    const { retention, stateDir, freeBytes = () => freeBytesOf(stateDir) } = this.#options;
    return retention.diskFreeBytes > 0 && (await freeBytes()) < retention.diskFreeBytes;
  }

  #lookAfter(ms: number): void {
    this.#timer = setTimeout(() => {
      this.#looking = this.#lookAndTell().finally(() => {
        if (!this.#closed) this.#lookAfter(LOOK_EVERY_MS);
      });
    }, ms);
    this.#timer.unref();
  }

  async #lookAndTell(): Promise<void> {
    const { log } = this.#options;
    try {
      const cleared = await this.look();
      if (Object.values(cleared).some((count) => count > 0)) log.info(cleared, 'old runs and files are gone');
      if (await this.#isFull()) log.warn('the disk is nearly full, and no run is left that may go');
    } catch (error) {
      log.warn({ err: asError(error) }, 'what is old cannot be deleted now; it is tried again in an hour');
    }
  }
}

async function freeBytesOf(dir: string): Promise<number> {
  const { bavail, bsize } = await statfs(dir);
  return bavail * bsize;
}
