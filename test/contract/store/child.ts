/**
 * A process of its own for the tests of the store: `node child.ts <what> <database> [argument]`. It says what
 * it did on its standard output, one word a line, and is killed by the test.
 */
import { DatabaseSync } from 'node:sqlite';
import { sql } from 'kysely';
import { systemClock } from '../../../core/model/clock.ts';
import { openStore } from '../../../core/store/open-store.ts';
import { MIGRATIONS } from '../../../migrations/index.ts';
import type { Migration } from '../../../migrations/migration.ts';
import { create, Leader, queued, runNo, succeeded, triggerOf, uidOf } from './fixture.ts';

const [what, path = '', argument = ''] = process.argv.slice(2);
const say = (word: string): boolean => process.stdout.write(`${word}\n`);
/** Lives on, with what it is given: a connection that nobody refers to is closed with its locks. */
const stay = (...kept: unknown[]): unknown => setInterval(() => kept, 1 << 30);
const open = (migrations: readonly Migration[] = MIGRATIONS) =>
  openStore({ kind: 'sqlite', path, durability: 'normal', clock: systemClock, migrations });

const actions: Record<string, () => Promise<unknown>> = {
  /** Leads and does nothing. */
  lead: async () => {
    const store = await open();
    const lease = await store.tryLead();
    say(lease === null ? 'refused' : `leads ${lease.epoch}`);
    return stay(store);
  },
  /** Takes the lead as soon as it is free. */
  wait: async () => {
    const store = await open();
    await store.migrate();
    say('waiting');
    for (;;) {
      const lease = await store.tryLead();
      if (lease !== null) return say(`leads ${lease.epoch}`) && stay(store);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  },
  /** Commits runs with two tasks each until it is killed, and says the number of every committed tick. */
  write: async () => {
    const store = await open();
    const leader = await Leader.of(store);
    let run: number = (await store.counters()).runNo;
    for (;;) {
      run += 1;
      await leader.tick(create(run, { state: 'running' }), queued(run, 1), queued(run, 2));
      await leader.tick(succeeded(run, 1), succeeded(run, 2), {
        type: 'run.change',
        runNo: runNo(run),
        from: 'running',
        to: 'success',
        code: 'leaves_succeeded',
        facts: null,
        endedAt: 1,
        counts: { success: 2 },
      });
      say(String(run));
    }
  },
  /** Asks until it is killed, and says every run id that was acknowledged. */
  ask: async () => {
    const store = await open();
    for (let no = Number(argument); ; no += 1) {
      await store.ask(triggerOf(uidOf(no)), 1);
      say(String(no));
    }
  },
  /** Holds the write lock of the database. */
  lock: async () => {
    const database = new DatabaseSync(path, { timeout: 5000 });
    database.exec('begin immediate');
    say('locked');
    return stay(database);
  },
  /** Stops for ever in the middle of a migration. */
  migrate: async () => {
    const store = await open([...MIGRATIONS, endless]);
    await store.migrate();
  },
  /** Opens a fresh database. */
  open: async () => {
    const store = await open();
    await store.migrate();
    say(`tick ${(await store.counters()).tick}`);
    await store.close();
  },
};

const endless: Migration = {
  number: (MIGRATIONS.at(-1)?.number ?? 0) + 1,
  name: 'endless',
  up: async (db) => {
    await sql`create table half_done (id integer primary key)`.execute(db);
    await sql`drop table task_progress`.execute(db);
    say('migrating');
    for (;;) await sql`insert into half_done default values`.execute(db);
  },
};

const action = actions[what ?? ''];
if (action === undefined) throw new Error(`unknown: ${what}`);
await action();
