import { type ColumnDataType, type RawBuilder, sql } from 'kysely';
import type { Migration } from './migration.ts';

type Type = ColumnDataType | RawBuilder<unknown>;

/** Who an account is for a provider of logins: by its issuer and subject, as names are given to others. */
export const outsideIdentities: Migration = {
  number: 17,
  name: 'outside-identities',
  async up(db, dialect) {
    const isSqlite = dialect === 'sqlite';
    const id: Type = isSqlite ? 'text' : sql`text collate "C"`;
    await db.schema
      .createTable('outside_identity')
      .addColumn('issuer', id, (c) => c.notNull())
      .addColumn('subject', id, (c) => c.notNull())
      .addColumn('account', id, (c) => c.notNull().unique().references('account.name').onDelete('cascade'))
      .addPrimaryKeyConstraint('outside_identity_key', ['issuer', 'subject'])
      .modifyEnd(isSqlite ? sql`strict, without rowid` : sql``)
      .execute();
  },
};
