import { chmodSync, closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { AppError } from '../../model/errors.ts';

/** The path of a database that lives in memory only. */
export const IN_MEMORY = ':memory:';

/**
 * The first version of SQLite without the write-ahead log defect that can corrupt a file with two writers.
 */
const OLDEST_SAFE_SQLITE = [3, 51, 3] as const;
const FILE_MODE = 0o600;
const DIRECTORY_MODE = 0o700;
/** Of a new database. A tick changes some bytes on each of a few pages, and whole pages go into the log. */
const PAGE_BYTES = 2_048;
/**
 * A commit that leaves more pages than this in the write-ahead log (16 MiB) copies them into the database and
 * waits for the disk. A large run writes the same pages again and again, so waiting longer copies less.
 */
const CHECKPOINT_PAGES = 8_192;

/** A row as node:sqlite gives it. */
export type SqliteRow = Record<string, unknown>;

/** What SQL may be given. Dates and objects are refused: node:sqlite would store them as NULL. */
export type SqlValue = string | number | bigint | null | Uint8Array;

/** A connection to one SQLite file, with every statement prepared once. */
export class SqliteConnection {
  readonly database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  /** Whether a statement gives rows: asking it each time costs as much as a read of one row. */
  readonly #reads = new WeakMap<StatementSync, boolean>();

  constructor(database: DatabaseSync) {
    this.database = database;
  }

  /** The prepared statement for a text; the same one every time. */
  prepare(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    if (this.#statements.size >= 512) this.#statements.clear();
    const statement = this.database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  /** Runs a statement: its rows if it gives any, and how many rows it changed. */
  execute(
    sql: string,
    parameters: readonly unknown[],
  ): { readonly rows: SqliteRow[]; readonly changes: number | bigint } {
    const statement = this.prepare(sql);
    const values = parameters.map(checkedValue);
    const isRead = this.#reads.get(statement) ?? statement.columns().length > 0;
    this.#reads.set(statement, isRead);
    if (isRead) return { rows: statement.all(...values), changes: 0 };
    return { rows: [], changes: statement.run(...values).changes };
  }

  close(): void {
    this.#statements.clear();
    if (this.database.isOpen) this.database.close();
  }
}

function checkedValue(value: unknown): SQLInputValue {
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint')
    return value;
  if (value instanceof Uint8Array) return value;
  throw new TypeError(`SQL value of type ${typeof value} cannot be stored: ${String(value)}`);
}

export interface OpenOptions {
  readonly path: string;
  /**
   * `full` syncs every commit to the disk, `normal` at checkpoints: it survives crashes of processes, not of
   * power.
   */
  readonly durability: 'normal' | 'full';
  /** How long a statement waits, blocking this thread, for another process to finish writing. */
  readonly busyTimeoutMs: number;
}

/** Opens a database file for this user only, creating it and its folder. */
export function openSqlite(options: OpenOptions): SqliteConnection {
  if (options.path !== IN_MEMORY) createPrivateFile(options.path);
  const database = new DatabaseSync(options.path, {
    timeout: options.busyTimeoutMs,
    enableForeignKeyConstraints: true,
    enableDoubleQuotedStringLiterals: false,
    allowExtension: false,
  });
  const connection = new SqliteConnection(database);
  try {
    checkVersion(database);
    database.exec(`pragma page_size = ${PAGE_BYTES}`);
    database.exec('pragma journal_mode = wal');
    database.exec(`pragma synchronous = ${options.durability}`);
    database.exec(`pragma journal_size_limit = ${64 * 1024 * 1024}`);
    database.exec(`pragma wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
    database.exec('pragma cache_size = -16384');
    database.exec('pragma temp_store = memory');
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

/**
 * Makes an empty file that only its owner may read, unless there is one: SQLite's side files take its mode.
 */
export function createPrivateFile(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: DIRECTORY_MODE });
  if (existsSync(path)) return;
  try {
    closeSync(openSync(path, 'wx', FILE_MODE));
    chmodSync(path, FILE_MODE);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

function checkVersion(database: DatabaseSync): void {
  const row = database.prepare('select sqlite_version() as version').get();
  const version = String(row?.['version']);
  const problem = unsafeSqlite(version);
  if (problem !== null) throw new AppError('unavailable', problem, { version });
}

/** Why a version of SQLite must not be used, or `null`. */
export function unsafeSqlite(version: string): string | null {
  const parts = version.split('.').map(Number);
  for (const [index, least] of OLDEST_SAFE_SQLITE.entries()) {
    const part = parts[index] ?? 0;
    if (part > least) return null;
    if (part < least) {
      return (
        `SQLite ${version} can corrupt a database that two processes write to; ` +
        `orch needs ${OLDEST_SAFE_SQLITE.join('.')} or newer: use a newer Node.js.`
      );
    }
  }
  return null;
}

/** The primary result code of SQLite in an error of node:sqlite, or `null` for any other error. */
export function sqliteCode(error: unknown): number | null {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return null;
  return error.errcode & 0xff;
}

/** Primary result codes that the store tells apart. */
export const SQLITE = {
  busy: 5,
  locked: 6,
  readonly: 8,
  ioError: 10,
  full: 13,
  cantOpen: 14,
  constraint: 19,
} as const;
