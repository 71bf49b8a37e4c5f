import type { Compilable, Kysely, RawBuilder } from 'kysely';
import type { SqliteConnection } from './sqlite/connection.ts';
import type { Database } from './tables.ts';

/**
 * A few queries that belong together, written once for both databases: it yields a query and is given its
 * rows. SQLite runs it in one go, without a turn of the event loop; PostgreSQL with one round trip a query.
 */
export type Script<Result> = Generator<Compilable, Result, readonly unknown[]>;

/** One step of a script with typed rows: `const rows = yield* rowsOf(query)`. */
export function* rowsOf<Row>(
  query: Compilable<Row>,
): Generator<Compilable, readonly Row[], readonly unknown[]> {
  return (yield query) as readonly Row[];
}

/**
 * Runs a script in one writing transaction of SQLite; `null`: another process writes, and nothing of the
 * script was run.
 */
export function tryInSqlite<Result>(
  connection: SqliteConnection,
  script: Script<Result>,
): { readonly result: Result } | null {
  return connection.tryBegin() ? { result: finish(connection, script) } : null;
}

/** Runs a script in a transaction that has begun, and ends that. */
function finish<Result>(connection: SqliteConnection, script: Script<Result>): Result {
  const { database } = connection;
  try {
    let step = script.next([]);
    while (!step.done) {
      const { sql, parameters } = step.value.compile();
      step = script.next(connection.execute(sql, parameters).rows);
    }
    database.exec('commit');
    return step.value;
  } catch (error) {
    if (database.isTransaction) database.exec('rollback');
    throw error;
  }
}

/**
 * Runs a script in one transaction of a database that is reached asynchronously. `lock`: a statement that
 * keeps others from what the script reads.
 */
export function runInTransaction<Result>(
  db: Kysely<Database>,
  script: Script<Result>,
  lock?: RawBuilder<unknown>,
): Promise<Result> {
  return db.transaction().execute(async (transaction) => {
    await lock?.execute(transaction);
    return runScript(transaction, script);
  });
}

/** Runs a script one query after the other, in whatever transaction there is. */
export async function runScript<Result>(db: Kysely<Database>, script: Script<Result>): Promise<Result> {
  let step = script.next([]);
  while (!step.done) {
    const { rows } = await db.executeQuery(step.value.compile());
    step = script.next(rows);
  }
  return step.value;
}
