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
