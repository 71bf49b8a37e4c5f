import { type Kysely, sql } from 'kysely';
import type { Clock } from '../../model/clock.ts';
import { toHolder } from '../holder.ts';
import type { LeaderRecord } from '../holder-record.ts';
import type { Database } from '../tables.ts';
import type { Timers } from '../timers.ts';

/** The time of the database in epoch milliseconds: the one clock that all contenders share. */
const databaseNow = sql<number>`(extract(epoch from clock_timestamp()) * 1000)::int8`;

/** Whether this server has been up for so long: a lease does not run out while nobody can renew it. */
const upFor = (ms: number) =>
  sql<boolean>`pg_postmaster_start_time() <= clock_timestamp() - ${ms}::int8 * interval '1 millisecond'`;

/** The lease row as it is right after the lead was taken. */
export interface TakenLease {
  readonly epoch: number;
  readonly seal: number;
  readonly seq: number;
  readonly runNo: number;
}

/**
 * Takes the lease if it is free, raises the epoch. Which leases count as free is for the caller to say: one
 * that was given back, one that has run out in the time of the database, or that of an epoch whose holder is
 * known to be gone.
 */
export async function takeLease(
  db: Kysely<Database>,
  holder: string,
  schemaNo: number,
  ttlMs: number,
  free: 'given back' | 'run out' | { readonly deadEpoch: number },
): Promise<TakenLease | null> {
  const row = await db
    .updateTable('lease')
    .set((lease) => ({
      epoch: lease('epoch', '+', 1),
      seal: lease('seal', '+', 1),
      holder,
      progress_at: databaseNow,
      expires_at: sql<number>`${databaseNow} + ${ttlMs}::int8`,
    }))
    .where('id', '=', 1)
    .where('schema_no', '=', schemaNo)
    .where((lease) => {
      if (free === 'given back') return lease('holder', 'is', null);
      if (free === 'run out') return lease.and([lease('expires_at', '<=', databaseNow), upFor(ttlMs)]);
      return lease('epoch', '=', free.deadEpoch);
    })
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

/** Who took the lease last, and for how long nothing was heard of it. */
export async function readLeader(db: Kysely<Database>): Promise<LeaderRecord | null> {
  const row = await db
    .selectFrom('lease')
    .select(['epoch', 'holder', sql<number>`${databaseNow} - progress_at`.as('silentMs')])
    .where('id', '=', 1)
    .executeTakeFirst();
  const holder = row === undefined ? null : toHolder(row.epoch, row.holder);
  return row === undefined || holder === null ? null : { ...holder, silentMs: Math.max(0, row.silentMs) };
}

export interface LeaseKeeperOptions {
  readonly db: Kysely<Database>;
  /** Where a lease that is given back is told. */
  readonly channel: string;
  readonly epoch: number;
  /** After so long without being renewed the lease may be taken by others. */
  readonly ttlMs: number;
  /** After so long without it being renewed nothing that was started under the lease may live. */
  readonly holdMs: number;
  readonly clock: Clock;
  readonly timers: Timers;
}

/**
 * Renews a lease until it is released or lost. A database that is away, for less than the hold, costs
 * nothing: nobody else can take the lease meanwhile, and every write proves it anew.
 */
export class LeaseKeeper {
  readonly #options: LeaseKeeperOptions;
  readonly #lost = new AbortController();
  readonly #stopped = new AbortController();
  /** In monotonic time of this process: until then nobody else starts what was started here once more. */
  #heldUntil: number;
  #onHeld: (ms: number) => void = () => {};
  /** Whether the loop of this process has turned since it was last renewed: renewing says nothing of it. */
  #beaten = false;

  constructor(options: LeaseKeeperOptions, takenAt: number) {
    this.#options = options;
    this.#heldUntil = takenAt + options.holdMs;
    void this.#renewUntilStopped();
  }

  /** Calls a listener, now and after every renewal, with how long what was started here may live. */
  hold(listener: (ms: number) => void): void {
    this.#onHeld = listener;
    this.#tellHeld();
  }

  /** Has the next renewal say that this process gets on. */
  beat(): void {
    this.#beaten = true;
  }

  #tellHeld(): void {
    this.#onHeld(Math.max(0, this.#heldUntil - this.#options.clock.mono()));
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
    const { ttlMs, holdMs, clock, timers } = this.#options;
    let waitMs = ttlMs / 3;
    while (!this.#stopped.signal.aborted) {
      await timers.delay(waitMs, this.#stopped.signal);
      if (this.#stopped.signal.aborted) return;
      const askedAt = clock.mono();
      const renewed = await this.#renew();
      if (renewed === 'deposed') return this.markLost();
      if (renewed === 'renewed') {
        this.#heldUntil = askedAt + holdMs;
        this.#tellHeld();
      } else if (clock.mono() >= this.#heldUntil) return this.markLost();
      waitMs = renewed === 'renewed' ? ttlMs / 3 : ttlMs / 20;
    }
  }

  async #renew(): Promise<'renewed' | 'deposed' | 'unknown'> {
    const { db, epoch, ttlMs } = this.#options;
    const beaten = this.#beaten;
    this.#beaten = false;
    try {
      const row = await db
        .updateTable('lease')
        .set({
          expires_at: sql<number>`${databaseNow} + ${ttlMs}::int8`,
          ...(beaten ? { progress_at: databaseNow } : {}),
        })
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
