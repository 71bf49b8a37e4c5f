import { type Kysely, sql } from 'kysely';
import type { Clock } from '../../model/clock.ts';
import type { Database } from '../tables.ts';
import type { Timers } from '../timers.ts';

/** The time of the database in epoch milliseconds: the one clock that all contenders share. */
const databaseNow = sql<number>`(extract(epoch from clock_timestamp()) * 1000)::int8`;

/** The lease row as it is right after the lead was taken. */
export interface TakenLease {
  readonly epoch: number;
  readonly seal: number;
  readonly seq: number;
  readonly runNo: number;
}

/**
 * Takes the lease if it is free or has run out, in the time of the database, or if its holder of `deadEpoch`
 * is known to be gone; raises the epoch.
 */
export async function takeLease(
  db: Kysely<Database>,
  holder: string,
  schemaNo: number,
  ttlMs: number,
  deadEpoch: number | null = null,
): Promise<TakenLease | null> {
  const row = await db
    .updateTable('lease')
    .set((lease) => ({
      epoch: lease('epoch', '+', 1),
      seal: lease('seal', '+', 1),
      holder,
      expires_at: sql<number>`${databaseNow} + ${ttlMs}::int8`,
    }))
    .where('id', '=', 1)
    .where('schema_no', '=', schemaNo)
    .where((lease) =>
      lease.or([
        lease('holder', 'is', null),
        lease('expires_at', '<=', databaseNow),
        ...(deadEpoch === null ? [] : [lease('epoch', '=', deadEpoch)]),
      ]),
    )
    .returning(['epoch', 'seal', 'seq', 'run_no'])
    .executeTakeFirst();
  return row === undefined ? null : { epoch: row.epoch, seal: row.seal, seq: row.seq, runNo: row.run_no };
}

/** Whether somebody holds an unexpired lease. */
export async function leaseIsHeld(db: Kysely<Database>): Promise<boolean> {
  const row = await db
    .selectFrom('lease')
    .select('epoch')
    .where('id', '=', 1)
    .where('holder', 'is not', null)
    .where('expires_at', '>', databaseNow)
    .executeTakeFirst();
  return row !== undefined;
}

export interface LeaseKeeperOptions {
  readonly db: Kysely<Database>;
  /** Where a lease that is given back is told. */
  readonly channel: string;
  readonly epoch: number;
  readonly ttlMs: number;
  readonly clock: Clock;
  readonly timers: Timers;
}

/** Renews a lease until it is released or lost. */
export class LeaseKeeper {
  readonly #options: LeaseKeeperOptions;
  readonly #lost = new AbortController();
  readonly #stopped = new AbortController();
  /** In monotonic time of this process: until then nobody else can have taken the lease. */
  #safeUntil: number;

  constructor(options: LeaseKeeperOptions, takenAt: number) {
    this.#options = options;
    this.#safeUntil = takenAt + options.ttlMs;
    void this.#renewUntilStopped();
  }

  /** Aborts when the lead is known to be lost. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Ends the renewing because another process was seen to lead. */
  markLost(): void {
    this.#stopped.abort();
    this.#lost.abort();
  }

  /** Gives the lease back, so that another process may have it at once. */
  async release(): Promise<void> {
    this.#stopped.abort();
    const { db, channel, epoch } = this.#options;
    await db
      .updateTable('lease')
      .set({ holder: null, expires_at: 0 })
      .where('epoch', '=', epoch)
      .returning(sql`pg_notify(${channel}, 'freed')`.as('told'))
      .execute();
  }

  async #renewUntilStopped(): Promise<void> {
    const { ttlMs, clock, timers } = this.#options;
    let waitMs = ttlMs / 3;
    while (!this.#stopped.signal.aborted) {
      await timers.delay(waitMs, this.#stopped.signal);
      if (this.#stopped.signal.aborted) return;
      const askedAt = clock.mono();
      const renewed = await this.#renew();
      if (renewed === 'deposed') return this.markLost();
      if (renewed === 'renewed') this.#safeUntil = askedAt + ttlMs;
      else if (clock.mono() >= this.#safeUntil) return this.markLost();
      waitMs = renewed === 'renewed' ? ttlMs / 3 : ttlMs / 20;
    }
  }

  async #renew(): Promise<'renewed' | 'deposed' | 'unknown'> {
    const { db, epoch, ttlMs } = this.#options;
    try {
      const row = await db
        .updateTable('lease')
        .set({ expires_at: sql<number>`${databaseNow} + ${ttlMs}::int8` })
        .where('id', '=', 1)
        .where('epoch', '=', epoch)
        .returning('epoch')
        .executeTakeFirst();
      return row === undefined ? 'deposed' : 'renewed';
    } catch {
      return 'unknown';
    }
  }
}
