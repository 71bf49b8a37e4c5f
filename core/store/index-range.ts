import { type RawBuilder, sql } from 'kysely';
import type { DialectName } from '../../migrations/migration.ts';

/** A part of an index: rows alike in its first columns, from one value of its last column to another. */
export interface IndexRange {
  readonly alike: readonly (readonly [column: string, value: string | number | RawBuilder<unknown>])[];
  readonly column: string;
  /** Both included. */
  readonly from: RawBuilder<unknown>;
  readonly to: RawBuilder<unknown>;
  readonly order: 'asc' | 'desc';
}

/**
 * The rows of a part of an index, in its order, for `where` and `order by`. PostgreSQL is not told that
 * columns are alike, but where the index begins and ends: else an index by the last column alone has the
 * order as well, and it would choose between them by statistics, which are late. SQLite has none, and makes
 * less of the beginning and the end.
 */
export function indexRange(
  dialect: DialectName,
  { alike, column, from, to, order }: IndexRange,
): { readonly where: RawBuilder<boolean>; readonly order: RawBuilder<unknown> } {
  const last = sql.ref(column);
  const way = sql.raw(order);
  if (dialect === 'sqlite') {
    const same = alike.map(([name, value]) => sql`${sql.ref(name)} = ${value}`);
    const ends = sql`${last} >= ${from} and ${last} <= ${to}`;
    const where = sql<boolean>`${sql.join([...same, ends], sql` and `)}`;
    return { where, order: sql`${last} ${way}` };
  }
  const names = [...alike.map(([name]) => sql.ref(name)), last];
  const end = (value: RawBuilder<unknown>) => sql`(${sql.join([...alike.map(([, same]) => same), value])})`;
  return {
    where: sql<boolean>`(${sql.join(names)}) >= ${end(from)} and (${sql.join(names)}) <= ${end(to)}`,
    order: sql.join(names.map((name) => sql`${name} ${way}`)),
  };
}

/** A list is put together of so many ranges at most; for more, all rows are gone through in its order. */
export const RANGES_MAX = 50;

/**
 * The rows of some ranges of an index together, in the order of their last column, at most so many. `rest`:
 * what else they are asked for.
 */
export function inRanges<Row>(
  dialect: DialectName,
  table: RawBuilder<unknown>,
  ranges: readonly IndexRange[],
  { rest, limit }: { readonly rest: readonly RawBuilder<unknown>[]; readonly limit: number },
): RawBuilder<Row> {
  const parts = ranges.map((range) => {
    const { where, order } = indexRange(dialect, range);
    return sql<Row>`select * from ${table} where ${sql.join([where, ...rest], sql` and `)}
      order by ${order} limit ${limit}`;
  });
  const [part, ...others] = parts;
  if (part !== undefined && others.length === 0) return part;
  const [{ column, order }] = ranges as [IndexRange];
  const all = parts.map((one) => sql`select * from (${one}) as part`);
  return sql<Row>`select * from (${sql.join(all, sql` union all `)}) as one
    order by ${sql.ref(column)} ${sql.raw(order)} limit ${limit}`;
}
