import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import pg from 'pg';
import { systemClock } from '../../core/model/clock.ts';
import { violationText } from '../../core/model/violation.ts';
import { openStore } from '../../core/store/open-store.ts';
import { readRunView } from '../../core/store/read-run-view.ts';
import type { Store } from '../../core/store/store.ts';

/** A look at the store of a project from outside, which must not change what the next start finds. */
export interface StoreEye {
  /** Whether somebody asked for something. */
  hasRequest(): Promise<boolean>;
  /** Runs by id; only while no command line is at work. */
  runs(): Promise<readonly { readonly runId: string; readonly state: string }[]>;
  /** Rows of a statement that both databases understand; only while a process leads. */
  rows(statement: string): Promise<readonly { readonly [column: string]: unknown }[]>;
  /** Opens the store at the end, and has it read. */
  read<T>(read: (store: Store) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/**
 * The file of a SQLite store is copied and the copy is read: whoever closes a file that a crash left would
 * mend it.
 */
export function sqliteEye(dir: string): StoreEye {
  const path = join(dir, '.orch', 'orch.db');
  return {
    hasRequest: async () => {
      if (!existsSync(path)) return false;
      try {
        using database = new DatabaseSync(path, { readOnly: true, timeout: 0 });
        return Number(database.prepare('select count(*) as n from inbox').get()?.['n']) > 0;
      } catch {
        return false;
      }
    },
    runs: async () => {
      if (!existsSync(path)) return [];
      const copy = mkdtempSync(join(tmpdir(), 'orch-kill-copy-'));
      for (const end of ['', '-wal']) {
        if (existsSync(path + end)) cpSync(path + end, join(copy, `orch.db${end}`));
      }
      try {
        return await withStore(await openSqlite(join(copy, 'orch.db')), runIds);
      } finally {
        rmSync(copy, { recursive: true, force: true });
      }
    },
    rows: async (statement) => {
      using database = new DatabaseSync(path, { readOnly: true, timeout: 1_000 });
      return database.prepare(statement).all();
    },
    read: async (read) => withStore(await openSqlite(path), read),
    close: async () => undefined,
  };
}

/** The eye on a database of PostgreSQL. */
export async function postgresEye(url: string): Promise<StoreEye> {
  const store = await openStore({ kind: 'postgres', url, clock: systemClock });
  const client = new pg.Client({ connectionString: url, options: '-c search_path=orch' });
  await client.connect();
  return {
    hasRequest: () => store.pendingRequests().then((list) => list.length > 0, nothingYet(false)),
    runs: () => runIds(store),
    rows: async (statement) => (await client.query(statement)).rows,
    read: (read) => read(store),
    close: async () => {
      await client.end();
      await store.close();
    },
  };
}

function openSqlite(path: string): Promise<Store> {
  return openStore({ kind: 'sqlite', path, durability: 'normal', clock: systemClock });
}

async function withStore<T>(store: Store, read: (store: Store) => Promise<T>): Promise<T> {
  try {
    return await read(store);
  } finally {
    await store.close();
  }
}

/** A store that was not made yet has no tables. */
function nothingYet<T>(value: T): (error: Error) => T {
  return (error) => {
    if (/no such table|does not exist/.test(error.message)) return value;
    throw error;
  };
}

async function runIds(store: Store): Promise<readonly { runId: string; state: string }[]> {
  const runs = await store.runs({}).catch(nothingYet([]));
  return runs.map((run) => ({ runId: run.uid, state: run.state }));
}

/** More than a round makes. */
export const RUNS_MAX = 100_000;

/** Everything that the store says after a round. */
export async function readStored(store: Store) {
  const runs = [];
  for (const { runNo, uid, state } of await store.runs({ limit: RUNS_MAX })) {
    const view = await readRunView(store, runNo, { outputs: true });
    const lines = await store.journal({ runNo, limit: 100_000 });
    runs.push({
      runNo,
      runId: uid,
      state,
      tasks: (view?.tasks ?? []).map(({ nodeNo, name, state, attempts, output }) => ({
        nodeNo,
        name,
        state,
        attempts,
        output: output && 'json' in output ? (JSON.parse(output.json) as unknown) : null,
      })),
      journal: lines.map(({ seq, at, epoch, nodeNo, tryNo, from, to }) => {
        return { seq, at, epoch, nodeNo, tryNo, from, to };
      }),
    });
  }
  return {
    runs,
    unanswered: (await store.pendingRequests()).length,
    problems: (await store.checkIntegrity()).map(violationText),
    leaderPid: (await store.leader())?.pid ?? null,
  };
}
