import { type ColumnDataType, type RawBuilder, sql } from 'kysely';
import type { Migration } from './migration.ts';

type Type = ColumnDataType | RawBuilder<unknown>;

/** Variables and connections, each value encrypted whole. */
export const variables: Migration = {
  number: 12,
  name: 'variables',
  async up(db, dialect) {
    const isSqlite = dialect === 'sqlite';
    const id: Type = isSqlite ? 'text' : sql`text collate "C"`;
    for (const table of ['variable', 'connection'])
      await db.schema
        .createTable(table)
        .addColumn('name', id, (c) => c.primaryKey().notNull())
        .addColumn('kind', 'text', (c) => c.notNull())
        .addColumn('key_id', 'text', (c) => c.notNull())
        .addColumn('sealed', 'text', (c) => c.notNull())
        .addColumn('revision', 'text', (c) => c.notNull())
        .addColumn('changed_at', isSqlite ? 'integer' : 'bigint', (c) => c.notNull())
        .addColumn('changed_by', 'text', (c) => c.notNull())
        .modifyEnd(isSqlite ? sql`strict, without rowid` : sql``)
        .execute();
  },
};
