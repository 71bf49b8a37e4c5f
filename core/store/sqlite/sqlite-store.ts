import { Kysely } from 'kysely';
import { MIGRATIONS } from '../../../migrations/index.ts';
import type { Migration } from '../../../migrations/migration.ts';
import type { Answer } from '../../model/action.ts';
import type { Clock } from '../../model/clock.ts';
import { AppError } from '../../model/errors.ts';
import type { HookRecord } from '../../model/hook.ts';
import type { RunNo, VersionNo } from '../../model/ids.ts';
import type { Request } from '../../model/request.ts';
import type { Violation } from '../../model/violation.ts';
import type { Repair } from '../../planner/repair.ts';
import { Accounts, type WriteScript } from '../accounts.ts';
import { Alerts } from '../alerts.ts';
import { AuditLog } from '../audit-log.ts';
import { type CachePolicy, purgeCacheScript } from '../cache.ts';
import { thisHolder } from '../holder.ts';
import type { LeaderRecord } from '../holder-record.ts';
import { saveHookScript } from '../hooks.ts';
import { askScript, readAnswer, readPending } from '../inbox.ts';
import { checkInvariants, ROWS_LISTED } from '../integrity.ts';
import { readJournal } from '../journal.ts';
import { KeptReplies } from '../kept-replies.ts';
import { LiveReads } from '../live-reads.ts';
import {
  applyMigrations,
  newestNumber,
  readHolder,
  type SchemaPlan,
  schemaBusy,
  schemaNumber,
} from '../migrate.ts';
import { Operations } from '../operations.ts';
import { type PinPlan, pinScript } from '../pins.ts';
import { deleteRunScript, purgeRequestsScript, purgeScript } from '../purge.ts';
import { Reads } from '../reads.ts';
import { type RepairOrder, repairScript } from '../repair.ts';
import { rowsOf, type Script, tryInSqlite } from '../script.ts';
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
import { type Pause, systemPause } from '../timers.ts';
import { type NewVersion, type SavedVersion, saveBrokenFileScript, saveVersionsScript } from '../versions.ts';
import { checkFile } from './check-file.ts';
import { IN_MEMORY, openSqlite, type SqliteConnection, toldError } from './connection.ts';
import { DataVersionWatch } from './data-version.ts';
import { NodeSqliteDialect } from './dialect.ts';
import { LeaderBeat } from './leader-beat.ts';
import { LeaderLock } from './leader-lock.ts';
import { LogWriteback } from './log-writeback.ts';
import { prepareTick } from './statements.ts';
import { TickCommit } from './tick-commit.ts';

export interface SqliteStoreOptions {
  readonly path: string;
  readonly durability: 'normal' | 'full';
  readonly clock: Clock;
  /** Between tries while another process writes or makes the schema; that of this machine if absent. */
  readonly pause?: Pause;
  /** Those of this code unless a test brings its own. */
  readonly migrations?: readonly Migration[];
}

/** A leader's commit waits this long, blocking its loop, for another process's one short write. */
const LEADER_BUSY_MS = 20;
/** How long everything else waits for another process to finish writing. */
const BUSY_MS = 5000;
const BUSY_AGAIN_MS = 10;
/** How long a process waits for another one that is making the same database. */
const MIGRATION_WAIT_MS = 10_000;
const MIGRATION_POLL_MS = 10;

/** What exists while this store leads. */
interface Leading {
  readonly lease: Lease;
  readonly connection: SqliteConnection;
  readonly ticks: TickCommit;
  /** `null` where every commit is on the disk already. */
  readonly writeback: LogWriteback | null;
  readonly markLost: () => void;
}

/** The store on an SQLite file. */
export class SqliteStore extends Reads implements Store {
  readonly #options: SqliteStoreOptions;
  readonly #plan: SchemaPlan;
  readonly #connection: SqliteConnection;
  readonly #db: Kysely<Database>;
  readonly #lock: LeaderLock;
  readonly #beat: LeaderBeat;
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

  private constructor(options: SqliteStoreOptions, connection: SqliteConnection, db: Kysely<Database>) {
    super(db, 'sqlite');
    this.#options = options;
    this.#connection = connection;
    this.#db = db;
    const write: WriteScript = (script) => this.#write(script);
    this.accounts = new Accounts(db, write, write);
    this.audit = new AuditLog(db, 'sqlite', write);
    this.alerts = new Alerts(db, 'sqlite', write, ({ epoch }) => ({
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
    this.#lock = new LeaderLock(options.path);
    this.#beat = new LeaderBeat(options.path, options.clock);
    this.#plan = { dialect: 'sqlite', migrations: options.migrations ?? MIGRATIONS, clock: options.clock };
  }

  static open(options: SqliteStoreOptions): SqliteStore {
    const connection = openSqlite({
      path: options.path,
      durability: options.durability,
      busyTimeoutMs: BUSY_MS,
    });
    return new SqliteStore(
      options,
      connection,
      new Kysely<Database>({ dialect: new NodeSqliteDialect(connection) }),
    );
  }

  async migrate(): Promise<void> {
    const needed = newestNumber(this.#plan.migrations);
    const { clock, pause = systemPause } = this.#options;
    const giveUpAt = clock.mono() + MIGRATION_WAIT_MS;
    for (;;) {
      const found = await schemaNumber(this.#db, this.#plan);
      if (found === needed) return;
      if (this.#lock.tryAcquire()) {
        try {
          return await applyMigrations(this.#db, this.#plan);
        } finally {
          this.#lock.release();
        }
      }
      if (clock.mono() > giveUpAt)
        throw schemaBusy(found, needed, found === 0 ? null : await readHolder(this.#db));
      await pause(MIGRATION_POLL_MS);
    }
  }

  async tryLead(): Promise<Lease | null> {
    if (!this.#lock.tryAcquire()) return null;
    try {
      await applyMigrations(this.#db, this.#plan);
      const raised = await this.#write(raiseEpochScript(this.#db, thisHolder(this.#options.clock)));
      this.#leading = this.#lead(raised);
      return this.#leading.lease;
    } catch (error) {
      this.#lock.release();
      throw error;
    }
  }

  #lead(raised: RaisedLease): Leading {
    const { path, durability } = this.#options;
    this.#beat.give();
    const connection =
      path === IN_MEMORY ? this.#connection : openSqlite({ path, durability, busyTimeoutMs: LEADER_BUSY_MS });
    const fence = { epoch: raised.epoch, schemaNo: newestNumber(this.#plan.migrations) };
    const marks = { seq: raised.seq, runNo: raised.run_no };
    const ticks = new TickCommit(connection, prepareTick(connection, this.#db), fence, marks);
    const { promise: lost, resolve: markLost } = Promise.withResolvers<void>();
    const lease: Lease = {
      epoch: raised.epoch,
      lost,
      heldOverMs: 0,
      hold: () => {},
      beat: () => this.#beat.give(),
      release: () => this.#release(lease),
    };
    const isLazy = durability === 'normal' && path !== IN_MEMORY;
    return { lease, connection, ticks, writeback: isLazy ? new LogWriteback(path) : null, markLost };
  }

  async #release(lease: Lease): Promise<void> {
    const leading = this.#leading;
    if (leading?.lease !== lease) return;
    this.#leading = null;
    leading.writeback?.close();
    try {
      await this.#whenIdle(leading.connection, () => {
        if (leading.connection !== this.#connection) leading.connection.close();
      });
      await this.#db.updateTable('lease').set({ holder: null }).where('epoch', '=', lease.epoch).execute();
    } finally {
      this.#lock.release();
    }
  }

  commit(lease: Lease, tick: Tick): CommitResult | Promise<CommitResult> {
    const leading = this.#leading;
    if (leading?.lease !== lease || this.#repairers.has(lease)) return { ok: false, why: 'fenced' };
    return this.#whenIdle(leading.connection, () => {
      const result = leading.ticks.commit(tick);
      if (result.ok) leading.writeback?.committed();
      if (!result.ok && result.why === 'fenced') leading.markLost();
      return result;
    });
  }

  async saveVersion(lease: Lease, version: NewVersion): Promise<VersionNo> {
    const [saved] = await this.saveVersions(lease, [version]);
    return (saved as SavedVersion).inForceNo;
  }

  async saveVersions(lease: Lease, versions: readonly NewVersion[]): Promise<readonly SavedVersion[]> {
    const fence = { epoch: lease.epoch, schemaNo: newestNumber(this.#plan.migrations) };
    return this.#write(saveVersionsScript(this.#db, fence, versions));
  }

  async saveBrokenFile(
    lease: Lease,
    file: string,
    broken: Omit<BrokenFileRecord, 'file'> | null,
  ): Promise<void> {
    const fence = { epoch: lease.epoch, schemaNo: newestNumber(this.#plan.migrations) };
    return this.#write(saveBrokenFileScript(this.#db, fence, file, broken));
  }

  async saveHook(lease: Lease, job: HookRecord): Promise<void> {
    const fence = { epoch: lease.epoch, schemaNo: newestNumber(this.#plan.migrations) };
    return this.#write(saveHookScript(this.#db, fence, job));
  }

  async purgeRuns(lease: Lease, dagId: string, policy: PurgePolicy): Promise<readonly RunNo[]> {
    const fence = { epoch: lease.epoch, schemaNo: newestNumber(this.#plan.migrations) };
    return this.#write(purgeScript(this.#db, fence, dagId, policy));
  }

  async deleteRun(lease: Lease, runNo: RunNo): Promise<boolean> {
    const fence = { epoch: lease.epoch, schemaNo: newestNumber(this.#plan.migrations) };
    return this.#write(deleteRunScript(this.#db, fence, runNo));
  }

  async purgeCache(lease: Lease, policy: CachePolicy): Promise<number> {
    const fence = { epoch: lease.epoch, schemaNo: newestNumber(this.#plan.migrations) };
    return this.#write(purgeCacheScript(this.#db, fence, policy));
  }

  async pinVersion(lease: Lease, plan: PinPlan): Promise<VersionNo> {
    const fence = { epoch: lease.epoch, schemaNo: newestNumber(this.#plan.migrations) };
    return this.#write(pinScript(this.#db, fence, plan));
  }

  async purgeRequests(lease: Lease, answeredBefore: number): Promise<number> {
    const fence = { epoch: lease.epoch, schemaNo: newestNumber(this.#plan.migrations) };
    return this.#write(purgeRequestsScript(this.#db, fence, answeredBefore));
  }

  async ask(request: Request, at: number, key: string | null = null): Promise<number> {
    return this.#write(askScript(this.#db, request, at, key));
  }

  pendingRequests(): Promise<readonly InboxRecord[]> {
    return readPending(this.#db);
  }

  answer(inboxId: number): Promise<Answer | null> {
    return readAnswer(this.#db, inboxId);
  }

  async leader(): Promise<LeaderRecord | null> {
    const holder = await readHolder(this.#db);
    return holder && { ...holder, silentMs: this.#beat.silentMs() };
  }

  journal(filter: JournalFilter): Promise<readonly JournalRecord[]> {
    return readJournal(this.#db, 'sqlite', filter);
  }

  async checkIntegrity(listed: number = ROWS_LISTED): Promise<readonly Violation[]> {
    return [...checkFile(this.#connection, listed), ...(await checkInvariants(this.#db, 'sqlite', listed))];
  }

  async repair(lease: Lease, order: RepairOrder): Promise<Repair> {
    this.#repairers.add(lease);
    const fence = { epoch: lease.epoch, schemaNo: newestNumber(this.#plan.migrations) };
    return this.#write(repairScript(this.#db, 'sqlite', fence, order));
  }

  listen(wakes: Wakes): Listening {
    return new DataVersionWatch(this.#connection, wakes);
  }

  async close(): Promise<void> {
    if (this.#leading !== null) await this.#leading.lease.release();
    await this.#db.destroy();
    this.#connection.close();
  }

  /**
   * Writes in one transaction. While another process writes for long, this one goes on with other things.
   * @throws AppError `unavailable` if that does not end
   */
  async #write<Result>(script: Script<Result>): Promise<Result> {
    const { clock, pause = systemPause } = this.#options;
    const giveUpAt = clock.mono() + BUSY_MS;
    for (;;) {
      const done = await this.#tryWrite(script);
      if (done !== null) return done.result;
      if (clock.mono() >= giveUpAt)
        throw new AppError('unavailable', 'the database cannot be written now: another process writes');
      await pause(BUSY_AGAIN_MS);
    }
  }

  async #tryWrite<Result>(script: Script<Result>): Promise<{ readonly result: Result } | null> {
    try {
      return await this.#whenIdle(this.#connection, () => tryInSqlite(this.#connection, script));
    } catch (error) {
      throw toldError(error);
    }
  }

  /** Runs at once, or after the transaction that Kysely has open on this connection. */
  #whenIdle<Result>(connection: SqliteConnection, run: () => Result): Result | Promise<Result> {
    if (!connection.database.isTransaction) return run();
    return this.#db.connection().execute(async () => run());
  }
}

interface RaisedLease {
  readonly epoch: number;
  readonly seq: number;
  readonly run_no: number;
}

function* raiseEpochScript(db: Kysely<Database>, holder: string): Script<RaisedLease> {
  const rows = yield* rowsOf(
    db
      .updateTable('lease')
      .set((row) => ({ epoch: row('epoch', '+', 1), holder }))
      .where('id', '=', 1)
      .returning(['epoch', 'seq', 'run_no']),
  );
  const raised = rows[0];
  if (raised === undefined)
    throw new AppError('internal', 'The database has no lease row; `orch doctor` says more.');
  return raised;
}
