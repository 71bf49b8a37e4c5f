import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type Compilable, Kysely, sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../core/model/clock.ts';
import { pendingQuery } from '../../../core/store/inbox.ts';
import { journalQuery } from '../../../core/store/journal.ts';
import { changesQuery } from '../../../core/store/live-reads.ts';
import { observedQuery } from '../../../core/store/observed-lines.ts';
import { openStore } from '../../../core/store/open-store.ts';
import { instancesQuery, runsByUidQuery, unfinishedRunsQuery } from '../../../core/store/reads.ts';
import {
  IN_MEMORY,
  openSqlite,
  type SqliteConnection,
  unsafeSqlite,
} from '../../../core/store/sqlite/connection.ts';
import { NodeSqliteDialect } from '../../../core/store/sqlite/dialect.ts';
import type { Database } from '../../../core/store/tables.ts';
import { create, Leader, queued, runNo, succeeded, uidOf } from '../../contract/store/fixture.ts';
import { dumpSqlite } from '../../contract/store/schema-dump.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'orch-sqlite-'));
  path = join(folder, 'orch.db');
});
afterEach(() => rmSync(folder, { recursive: true }));

const open = () => openStore({ kind: 'sqlite', path, durability: 'normal', clock: systemClock });

describe('Kysely on node:sqlite', () => {
  interface Things {
    readonly thing: { id: number; name: string | null };
  }
  let connection: SqliteConnection;
  let db: Kysely<Things>;

  beforeEach(async () => {
    connection = openSqlite({ path, durability: 'normal', busyTimeoutMs: 0 });
    db = new Kysely<Things>({ dialect: new NodeSqliteDialect(connection) });
    await sql`create table thing (id integer primary key, name text)`.execute(db);
  });
  afterEach(() => db.destroy());

  it('tells rows from changes', async () => {
    const added = await db.insertInto('thing').values({ id: 1, name: 'a' }).executeTakeFirst();
    expect(added.numInsertedOrUpdatedRows).toBe(1n);
    expect(await db.insertInto('thing').values({ id: 2, name: null }).returning('id').execute()).toEqual([
      { id: 2 },
    ]);
    expect((await db.updateTable('thing').set({ name: 'b' }).executeTakeFirst()).numUpdatedRows).toBe(2n);
    expect(await db.selectFrom('thing').selectAll().where('id', 'in', [1, 2]).execute()).toHaveLength(2);
  });

  it.each([
    ['a date', new Date(0)],
    ['an object', { a: 1 }],
    ['a list', [1]],
    ['nothing', undefined],
    ['a truth', true],
  ])('refuses %s as a value', async (_what, value) => {
    const insert = sql`insert into thing (id, name) values (1, ${value})`.execute(db);
    await expect(insert).rejects.toThrow('cannot be stored');
    expect(await db.selectFrom('thing').selectAll().execute()).toEqual([]);
  });

  it('takes the write lock at the begin of a writing transaction', async () => {
    const rival = new DatabaseSync(path, { timeout: 0 });
    await db.transaction().execute(async () => {
      expect(() => rival.exec('begin immediate')).toThrow('locked');
    });
    await db
      .transaction()
      .setAccessMode('read only')
      .execute(async (transaction) => {
        await transaction.selectFrom('thing').selectAll().execute();
        rival.exec('begin immediate');
        rival.exec('commit');
      });
    rival.close();
  });

  it('undoes a transaction that fails', async () => {
    const failing = db.transaction().execute(async (transaction) => {
      await transaction.insertInto('thing').values({ id: 1, name: 'a' }).execute();
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await db.selectFrom('thing').selectAll().execute()).toEqual([]);
  });

  it('does not stream', async () => {
    const rows = db.selectFrom('thing').selectAll().stream();
    await expect(rows[Symbol.asyncIterator]().next()).rejects.toThrow('streaming');
  });

  it('prepares a text once', () => {
    expect(connection.prepare('select 1')).toBe(connection.prepare('select 1'));
  });
});

describe('the SQLite file', () => {
  it.each([
    ['3.51.2', false],
    ['3.51.3', true],
    ['3.53.0', true],
    ['3.6.23', false],
    ['4.0.0', true],
  ])('of version %s may be used: %s', (version, safe) => {
    expect(unsafeSqlite(version) === null).toBe(safe);
  });

  it.each([
    ['normal', 1],
    ['full', 2],
  ] as const)('is opened with durability %s', (durability, synchronous) => {
    const { database } = openSqlite({ path, durability, busyTimeoutMs: 0 });
    const setting = (name: string) => Object.values(database.prepare(`pragma ${name}`).get() ?? {})[0];
    expect(setting('synchronous')).toBe(synchronous);
    expect(setting('journal_mode')).toBe('wal');
    expect(setting('journal_size_limit')).toBe(64 * 1024 * 1024);
    expect(setting('foreign_keys')).toBe(1);
    database.close();
  });

  it('has the schema of the snapshot', async () => {
    const store = await open();
    await store.migrate();
    const database = new DatabaseSync(path, { readOnly: true });
    await expect(dumpSqlite(database)).toMatchFileSnapshot('../../../migrations/schema.sqlite.sql');
    database.close();
    await store.close();
  });

  it('does not grow its log without end beside a reader that stays', async () => {
    const leader = await Leader.of(await open());
    await leader.tick(create(1, { state: 'running' }));
    const reader = new DatabaseSync(path, { readOnly: true });
    for (let round = 0; round < 20; round += 1) {
      reader.exec('begin');
      reader.prepare('select count(*) from journal').get();
      const nodes = Array.from({ length: 500 }, (_, index) => round * 500 + index + 1);
      await leader.tick(...nodes.map((node) => queued(1, node)));
      reader.exec('commit');
    }
    expect(statSync(`${path}-wal`).size).toBeLessThan(16 * 1024 * 1024);
    reader.close();
    await leader.store.close();
  });
});

describe('a store in memory', () => {
  it('keeps the contract of one process', async () => {
    const store = await openStore({
      kind: 'sqlite',
      path: IN_MEMORY,
      durability: 'normal',
      clock: systemClock,
    });
    const leader = await Leader.of(store);
    expect(await store.tryLead()).toBeNull();
    await leader.tick(create(1));
    const [loaded] = await Promise.all([
      store.loadRun(runNo(1)),
      leader.tick(queued(1, 1)),
      leader.tick(succeeded(1, 1)),
    ]);
    expect(loaded?.run.runNo).toBe(1);
    expect(await store.instances(runNo(1))).toMatchObject([{ state: 'success' }]);
    await leader.lease.release();
    expect((await store.tryLead())?.epoch).toBe(2);
    await store.close();
  });
});

describe('queries of the scheduling path', () => {
  const db = new Kysely<Database>({
    dialect: new NodeSqliteDialect(openSqlite({ path: IN_MEMORY, durability: 'normal', busyTimeoutMs: 0 })),
  });
  const queries: readonly (readonly [string, Compilable, RegExp])[] = [
    ['unfinished runs', unfinishedRunsQuery(db), /^SCAN dag_run USING INDEX dag_run_unfinished$/],
    [
      'instances of a run',
      instancesQuery(db, runNo(1)),
      /^SEARCH task_instance USING PRIMARY KEY \(run_no=\?\)$/,
    ],
    ['pending requests', pendingQuery(db), /^SCAN inbox USING INDEX inbox_pending$/],
    [
      'journal after a line',
      journalQuery(db, 'sqlite', { afterSeq: 5 }),
      /^SEARCH journal USING INTEGER PRIMARY KEY \(rowid>\?\)$/,
    ],
    [
      'journal of a run',
      journalQuery(db, 'sqlite', { runNo: runNo(1), afterSeq: 5 }),
      /^SEARCH journal USING INDEX journal_run \(run_no=\? AND rowid>\? AND rowid<\?\)$/,
    ],
    [
      'runs by id',
      runsByUidQuery(db, uidOf(1)),
      /^SEARCH dag_run USING INDEX sqlite_autoindex_dag_run_1 \(uid>\? AND uid<\?\)$/,
    ],
    [
      'changes of states with what they are about',
      changesQuery(db, 5, 1_000),
      /^SEARCH \w+ USING (INTEGER )?PRIMARY KEY \(.+\)( LEFT-JOIN)?$/,
    ],
    [
      'beginnings and ends for other systems',
      observedQuery(db, 5, 500, 250),
      /^(SEARCH \w+ USING (INTEGER )?PRIMARY KEY \(.+\)( LEFT-JOIN)?|CORRELATED SCALAR SUBQUERY \d+)$/,
    ],
  ];

  it.each(queries)('find %s by an index, without sorting', async (_what, query, plan) => {
    const store = await open();
    await store.migrate();
    const database = new DatabaseSync(path);
    const { sql: text, parameters } = query.compile();
    const steps = database.prepare(`explain query plan ${text}`).all(...(parameters as number[]));
    expect(steps.length).toBeGreaterThan(0);
    for (const step of steps) expect(step['detail']).toMatch(plan);
    database.close();
    await store.close();
  });
});

it('opens SQLite without loading the driver of PostgreSQL', () => {
  const program = `
    import { createRequire } from 'node:module';
    import { openStore } from './core/store/open-store.ts';
    const clock = { now: () => 0, mono: () => 0 };
    const store = await openStore({ kind: 'sqlite', path: ':memory:', durability: 'normal', clock });
    await store.tryLead();
    const loaded = Object.keys(createRequire(process.cwd() + '/x.js').cache);
    console.log(loaded.filter((file) => /node_modules.pg/.test(file)).length);`;
  const options = { encoding: 'utf8', cwd: new URL('../../../', import.meta.url) } as const;
  expect(execFileSync(process.execPath, ['--input-type=module', '-e', program], options)).toBe('0\n');
});
