import type { PostgresPool, PostgresPoolClient } from 'kysely';
import pg from 'pg';
import { AppError } from '../../model/errors.ts';
import { queryKept } from './kept-plans.ts';
import { checkAddress, type DatabasePlace, placeOf, statementError, unreachable } from './unreachable.ts';

/** How long a connection may take to come about, and a statement to answer. */
export const CONNECT_TIMEOUT_MS = 2000;
export const QUERY_TIMEOUT_MS = 5000;
/**
 * A statement waits this long for a row that another one holds, and an open transaction may idle this long.
 */
const LOCK_TIMEOUT_MS = 2000;
const POOL_SIZE = 4;

const WAYS = ['seqscan', 'bitmapscan', 'hashjoin', 'mergejoin', 'sort', 'incremental_sort'];
/**
 * Plans that go by an index and take its order, whatever the statistics say: these are minutes behind tables
 * that grow, and every query is written for an index.
 */
export const BY_INDEX = [
  ...WAYS.map((way) => `enable_${way}=off`),
  'jit=off',
  'max_parallel_workers_per_gather=0',
];

/** Has the rest of a transaction planned by statistics: for what looks through whole tables. */
export const BY_STATISTICS = `select ${WAYS.map((way) => `set_config('enable_${way}', 'on', true)`).join()}`;

const INT8 = 20;

/**
 * 64-bit integers as numbers: instants, sizes and counters stay below 2^53, and anything else is an error.
 */
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    oid === INT8 && format !== 'binary' ? parseInt8 : pg.types.getTypeParser(oid, format as 'text')) as never,
};

export function parseInt8(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`integer ${text} of the database is too large`);
  return value;
}

/** What every connection of a store has in common. */
export function connectionConfig(
  url: string,
  schema: string,
  settings: readonly string[] = [],
): pg.ClientConfig {
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(schema)) {
    throw new AppError('usage', `'${schema}' cannot be a schema: use lower-case letters, digits and _.`);
  }
  const all = [
    `search_path=${schema}`,
    `lock_timeout=${LOCK_TIMEOUT_MS}`,
    `idle_in_transaction_session_timeout=${LOCK_TIMEOUT_MS}`,
    ...settings,
  ];
  return {
    connectionString: url,
    options: all.map((setting) => `-c ${setting}`).join(' '),
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    types,
  };
}

/**
 * The connections for everything but ticks. A server that is away or refuses is an `AppError` of code
 * `unavailable`, which names the place.
 */
export function openPool(url: string, schema: string): PostgresPool {
  checkAddress(url);
  const config = connectionConfig(url, schema, BY_INDEX);
  const pool = new pg.Pool({ ...config, max: POOL_SIZE, allowExitOnIdle: true });
  pool.on('error', ignoreLoss);
  pool.on('connect', (client) => client.on('error', ignoreLoss));
  const place = placeOf(config);
  return {
    options: pool.options,
    connect: async () => {
      const client = await pool.connect().catch((error: unknown) => {
        throw unreachable(place, error);
      });
      return tellingPlace(client, place);
    },
    end: () => pool.end(),
  };
}

/** A client of the pool whose errors say which server they are of. */
function tellingPlace(client: pg.PoolClient, place: DatabasePlace): PostgresPoolClient {
  const query = (text: string, parameters: readonly unknown[]): Promise<unknown> =>
    queryKept(client, text, parameters).catch((error: unknown) => {
      throw statementError(place, error);
    });
  return { query: query as PostgresPoolClient['query'], release: (destroy) => client.release(destroy) };
}

/**
 * The loss of a connection is told by the query that suffers from it; a lost idle one is replaced at its next
 * use.
 */
export function ignoreLoss(): void {}

/** Gives a connection up without waiting for its server. */
export function dropConnection(client: pg.Client): void {
  client.end().catch(ignoreLoss);
  (
    client as unknown as { readonly connection: { readonly stream: { destroy(): void } } }
  ).connection.stream.destroy();
}

/** SQLSTATE of an answer of the server, or `null` for an error of the connection. */
export function sqlState(error: unknown): string | null {
  return error instanceof pg.DatabaseError && error.code !== undefined ? error.code : null;
}
