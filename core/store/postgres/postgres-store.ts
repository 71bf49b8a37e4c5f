import { Kysely, PostgresDialect, sql } from 'kysely';
import { MIGRATIONS } from '../../../migrations/index.ts';
import type { Migration } from '../../../migrations/migration.ts';
import type { Answer } from '../../model/action.ts';
import type { Clock } from '../../model/clock.ts';
import type { HookRecord } from '../../model/hook.ts';
import type { RunNo, VersionNo } from '../../model/ids.ts';
import type { Request } from '../../model/request.ts';
import type { Violation } from '../../model/violation.ts';
import type { Repair } from '../../planner/repair.ts';
import { Accounts, type WriteScript } from '../accounts.ts';
import { Alerts } from '../alerts.ts';
import { AuditLog } from '../audit-log.ts';
import { type CachePolicy, purgeCacheScript } from '../cache.ts';
import { isKnownDead, thisHolder } from '../holder.ts';
import type { LeaderRecord } from '../holder-record.ts';
import { saveHookScript } from '../hooks.ts';
import { askScript, readAnswer, readPending } from '../inbox.ts';
import { checkInvariants, ROWS_LISTED } from '../integrity.ts';
import { readJournal } from '../journal.ts';
import { KeptReplies } from '../kept-replies.ts';
import { LiveReads } from '../live-reads.ts';
import { applyOne, newestNumber, readHolder, type SchemaPlan, schemaBusy, schemaNumber } from '../migrate.ts';
import { Operations } from '../operations.ts';
import { type PinPlan, pinScript } from '../pins.ts';
import { deleteRunScript, purgeRequestsScript, purgeScript } from '../purge.ts';
import { Reads } from '../reads.ts';
import { type RepairOrder, repairScript } from '../repair.ts';
import { rowsOf, runInTransaction, type Script } from '../script.ts';
import { SealedRows } from '../sealed-rows.ts';
import type {
  BrokenFileRecord,
  CommitResult,
  InboxRecord,
  JournalFilter,
  JournalRecord,
  Lease,
  Listening,
  PurgePolicy,
  Store,
  Tick,
  Wakes,
} from '../store.ts';
import type { Database } from '../tables.ts';
import { systemTimers, type Timers } from '../timers.ts';
import { type NewVersion, type SavedVersion, saveBrokenFileScript, saveVersionsScript } from '../versions.ts';
import { BY_STATISTICS, openPool } from './connection.ts';
import { LeaseKeeper, leaseIsHeld, readLeader, type TakenLease, takeLease } from './lease.ts';
import { channelOf, Listener } from './listener.ts';
import { makeSchema, mayNotChange } from './schema-rights.ts';
import { TickCommit } from './tick-commit.ts';

export interface PostgresStoreOptions {
  readonly url: string;
  readonly schema?: string;
  readonly clock: Clock;
  readonly leaseTtlMs?: number;
  readonly leaseHoldMs?: number;
  readonly migrations?: readonly Migration[];
  readonly timers?: Timers;
}

const SCHEMA_DEFAULT = 'orch';
/** A standby leads within a second after this; a leader that stands still for two thirds of it keeps it. */
const LEASE_TTL_MS = 3_500;
/** A database that is away for less than this ends no attempt. */
const LEASE_HOLD_MS = 15_000;
/** Clocks of machines do not tick alike, and a process that is killed takes a moment to be gone. */
const HOLD_MARGIN_MS = 1_000;
const MIGRATION_LOCK_MS = 30_000;

/** What exists while this store leads. */
interface Leading {
  readonly lease: Lease;
  readonly keeper: LeaseKeeper;
  readonly ticks: TickCommit;
}

/** The store on PostgreSQL. Its tables live in a schema of their own. */
export class PostgresStore extends Reads implements Store {
  readonly #options: PostgresStoreOptions;
  readonly #schema: string;
  readonly #plan: SchemaPlan;
  readonly #db: Kysely<Database>;
  /** Leases under which numbers were given past the commit of ticks. */
  readonly #repairers = new WeakSet<Lease>();
  #leading: Leading | null = null;
  readonly accounts: Accounts;
  readonly audit: AuditLog;
  readonly alerts: Alerts;
  readonly replies: KeptReplies;
  readonly variables: SealedRows;
  readonly connections: SealedRows;
  readonly live: LiveReads;
  readonly operations: Operations;

  private constructor(options: PostgresStoreOptions, schema: string, db: Kysely<Database>) {
    super(db, 'postgres');
    this.#options = options;
    this.#schema = schema;
    this.#db = db;
    const write: WriteScript = (script) => runInTransaction(db, script);
    const lock = sql`lock table account in share row exclusive mode`;
    this.accounts = new Accounts(db, write, (script) => runInTransaction(db, script, lock));
    this.audit = new AuditLog(db, 'postgres', write);
    this.alerts = new Alerts(db, 'postgres', write, ({ epoch }) => ({
      epoch,
      schemaNo: newestNumber(this.#plan.migrations),
    }));
    this.replies = new KeptReplies(db, write);
    this.variables = new SealedRows(db, write, 'variable');
    this.connections = new SealedRows(db, write, 'connection');
    this.live = new LiveReads(db);
    this.operations = new Operations(db, write, ({ epoch }) => ({
      epoch,
      schemaNo: newestNumber(this.#plan.migrations),
    }));
    this.#plan = { dialect: 'postgres', migrations: options.migrations ?? MIGRATIONS, clock: options.clock };
  }

  static open(options: PostgresStoreOptions): PostgresStore {
    const schema = options.schema ?? SCHEMA_DEFAULT;
    const pool = openPool(options.url, schema);
    return new PostgresStore(
      options,
      schema,
      new Kysely<Database>({ dialect: new PostgresDialect({ pool }) }),
    );
  }

  /** Asks for no right to change tables where there is nothing to change: servers may do without it. */
  async migrate(): Promise<void> {
    const needed = newestNumber(this.#plan.migrations);
    if ((await schemaNumber(this.#db, this.#plan)) === needed) return;
    await this.#migrate(needed).catch((error: unknown) => {
      throw mayNotChange(this.#schema, needed, error) ?? error;
    });
  }

  async #migrate(needed: number): Promise<void> {
    await this.#db.transaction().execute(async (transaction) => {
      await sql`set local lock_timeout = ${sql.lit(MIGRATION_LOCK_MS)}`.execute(transaction);
      const lockName = `orch migration of ${this.#schema}`;
      await sql`select pg_advisory_xact_lock(hashtextextended(${lockName}, 0))`.execute(transaction);
      await makeSchema(transaction, this.#schema);
      const found = await schemaNumber(transaction, this.#plan);
      if (found > 0 && found < needed && (await leaseIsHeld(transaction))) {
        throw schemaBusy(found, needed, await readHolder(transaction));
      }
      for (const migration of this.#plan.migrations) {
        if (migration.number > found) await applyOne(transaction, this.#plan, migration);
      }
    });
  }

  async tryLead(): Promise<Lease | null> {
    if (this.#leading !== null) return null;
    await this.migrate();
    const { clock, timers = systemTimers, url } = this.#options;
    const { leaseTtlMs: ttlMs = LEASE_TTL_MS, leaseHoldMs: holdMs = LEASE_HOLD_MS } = this.#options;
    const schemaNo = newestNumber(this.#plan.migrations);
    const takenAt = clock.mono();
    const taken = await this.#take(schemaNo, ttlMs);
    if (taken === null) return null;
    const { epoch, isSeen, ...marks } = taken;
    const channel = channelOf(this.#schema);
    const keeper = new LeaseKeeper({ db: this.#db, channel, epoch, ttlMs, holdMs, clock, timers }, takenAt);
    const fence = { epoch, schemaNo };
    const ticks = new TickCommit({ url, schema: this.#schema, fence, marks, lost: keeper.lost, timers });
    const lost = new Promise<void>((resolve) =>
      keeper.lost.addEventListener('abort', () => resolve(), { once: true }),
    );
    const lease: Lease = {
      epoch,
      lost,
      heldOverMs: isSeen ? 0 : Math.max(0, holdMs - ttlMs) + HOLD_MARGIN_MS,
      hold: (listener) => keeper.hold(listener),
      beat: () => keeper.beat(),
      release: () => this.#release(lease),
    };
    this.#leading = { lease, keeper, ticks };
    return lease;
  }

  /**
   * Takes a lease that was given back, or that of a process of this machine that died with it: what those
   * started can be seen from here, and `isSeen` says so. A lease that has run out tells nothing of its
   * holder.
   */
  async #take(schemaNo: number, ttlMs: number): Promise<(TakenLease & { readonly isSeen: boolean }) | null> {
    const holder = thisHolder(this.#options.clock);
    const take = (free: Parameters<typeof takeLease>[4]) =>
      takeLease(this.#db, holder, schemaNo, ttlMs, free);
    const last = await this.leader();
    const free = last === null ? 'given back' : isKnownDead(last) ? { deadEpoch: last.epoch } : null;
    const seen = free === null ? null : await take(free);
    if (seen !== null) return { ...seen, isSeen: true };
    const unseen = await take('run out');
    return unseen === null ? null : { ...unseen, isSeen: false };
  }

  async #release(lease: Lease): Promise<void> {
    const leading = this.#leading;
    if (leading?.lease !== lease) return;
    this.#leading = null;
    await leading.ticks.close().finally(() => leading.keeper.release());
  }

  async commit(lease: Lease, tick: Tick): Promise<CommitResult> {
    const leading = this.#leading;
    if (leading?.lease !== lease || this.#repairers.has(lease)) return { ok: false, why: 'fenced' };
    const result = await leading.ticks.commit(tick);
    if (!result.ok && result.why === 'fenced') leading.keeper.markLost();
    return result;
  }

  async saveVersion(lease: Lease, version: NewVersion): Promise<VersionNo> {
    const [saved] = await this.saveVersions(lease, [version]);
    return (saved as SavedVersion).inForceNo;
  }

  saveVersions(lease: Lease, versions: readonly NewVersion[]): Promise<readonly SavedVersion[]> {
    const fence = { epoch: lease.epoch, schemaNo: newestNumber(this.#plan.migrations) };
    return runInTransaction(this.#db, saveVersionsScript(this.#db, fence, versions));
  }

  saveBrokenFile(lease: Lease, file: string, broken: Omit<BrokenFileRecord, 'file'> | null): Promise<void> {
    const fence = { epoch: lease.epoch, schemaNo: newestNumber(this.#plan.migrations) };
    return runInTransaction(this.#db, saveBrokenFileScript(this.#db, fence, file, broken));
  }

  saveHook(lease: Lease, job: HookRecord): Promise<void> {
    const fence = { epoch: lease.epoch, schemaNo: newestNumber(this.#plan.migrations) };
    return runInTransaction(this.#db, saveHookScript(this.#db, fence, job));
  }

  purgeRuns(lease: Lease, dagId: string, policy: PurgePolicy): Promise<readonly RunNo[]> {
    const fence = { epoch: lease.epoch, schemaNo: newestNumber(this.#plan.migrations) };
    return runInTransaction(this.#db, purgeScript(this.#db, fence, dagId, policy));
  }

  deleteRun(lease: Lease, runNo: RunNo): Promise<boolean> {
    const fence = { epoch: lease.epoch, schemaNo: newestNumber(this.#plan.migrations) };
    return runInTransaction(this.#db, deleteRunScript(this.#db, fence, runNo));
  }

  purgeCache(lease: Lease, policy: CachePolicy): Promise<number> {
    const fence = { epoch: lease.epoch, schemaNo: newestNumber(this.#plan.migrations) };
    return runInTransaction(this.#db, purgeCacheScript(this.#db, fence, policy));
  }

  pinVersion(lease: Lease, plan: PinPlan): Promise<VersionNo> {
    const fence = { epoch: lease.epoch, schemaNo: newestNumber(this.#plan.migrations) };
    return runInTransaction(this.#db, pinScript(this.#db, fence, plan));
  }

  purgeRequests(lease: Lease, answeredBefore: number): Promise<number> {
    const fence = { epoch: lease.epoch, schemaNo: newestNumber(this.#plan.migrations) };
    return runInTransaction(this.#db, purgeRequestsScript(this.#db, fence, answeredBefore));
  }

  ask(request: Request, at: number, key: string | null = null): Promise<number> {
    return runInTransaction(this.#db, this.#askAndTell(request, at, key));
  }

  /** The leader hears of a request when, and only when, it is stored. */
  *#askAndTell(request: Request, at: number, key: string | null): Script<number> {
    const inboxId = yield* askScript(this.#db, request, at, key);
    const told = sql`pg_notify(${channelOf(this.#schema)}, 'asked')`.as('told');
    yield* rowsOf(this.#db.selectNoFrom(told));
    return inboxId;
  }

  pendingRequests(): Promise<readonly InboxRecord[]> {
    return readPending(this.#db);
  }

  answer(inboxId: number): Promise<Answer | null> {
    return readAnswer(this.#db, inboxId);
  }

  leader(): Promise<LeaderRecord | null> {
    return readLeader(this.#db);
  }

  journal(filter: JournalFilter): Promise<readonly JournalRecord[]> {
    return readJournal(this.#db, 'postgres', filter);
  }

  checkIntegrity(listed: number = ROWS_LISTED): Promise<readonly Violation[]> {
    return this.#db.transaction().execute(async (transaction) => {
      await sql.raw(BY_STATISTICS).execute(transaction);
      return checkInvariants(transaction, 'postgres', listed);
    });
  }

  repair(lease: Lease, order: RepairOrder): Promise<Repair> {
    this.#repairers.add(lease);
    const fence = { epoch: lease.epoch, schemaNo: newestNumber(this.#plan.migrations) };
    return runInTransaction(this.#db, this.#byStatistics(repairScript(this.#db, 'postgres', fence, order)));
  }

  *#byStatistics<Result>(script: Script<Result>): Script<Result> {
    yield { compile: () => sql.raw(BY_STATISTICS).compile(this.#db) };
    return yield* script;
  }

  listen(wakes: Wakes): Listening {
    const { url, timers = systemTimers } = this.#options;
    return new Listener({ url, schema: this.#schema, timers, wakes });
  }

  async close(): Promise<void> {
    if (this.#leading !== null) await this.#leading.lease.release();
    await this.#db.destroy();
  }
}
