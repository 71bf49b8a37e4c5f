import { type ColumnDataType, type RawBuilder, sql } from 'kysely';
import type { Migration } from './migration.ts';

type Type = ColumnDataType | RawBuilder<unknown>;

/** Who may use the API, what was changed by it, and what it answered to requests that may come again. */
export const accounts: Migration = {
  number: 11,
  name: 'accounts',
  async up(db, dialect) {
    const isSqlite = dialect === 'sqlite';
    const small: Type = isSqlite ? 'integer' : 'smallint';
    const big: Type = isSqlite ? 'integer' : 'bigint';
    const id: Type = isSqlite ? 'text' : sql`text collate "C"`;
    const end = isSqlite ? sql`strict, without rowid` : sql``;
    await db.schema
      .createTable('account')
      .addColumn('name', id, (c) => c.primaryKey().notNull())
      .addColumn('password_hash', 'text')
      .addColumn('grants', 'text', (c) => c.notNull())
      .addColumn('disabled', small, (c) => c.notNull().check(sql`disabled in (0, 1)`))
      .addColumn('created_at', big, (c) => c.notNull())
      .addColumn('created_by', 'text', (c) => c.notNull())
      .modifyEnd(end)
      .execute();
    await db.schema
      .createTable('api_token')
      .addColumn('token_id', id, (c) => c.primaryKey().notNull())
      .addColumn('hash', id, (c) => c.notNull().unique())
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn('grants', 'text', (c) => c.notNull())
      .addColumn('created_at', big, (c) => c.notNull())
      .addColumn('created_by', 'text', (c) => c.notNull())
      .addColumn('expires_at', big)
      .addColumn('used_at', big)
      .addColumn('revoked_at', big)
      .modifyEnd(end)
      .execute();
    await db.schema
      .createTable('login')
      .addColumn('hash', id, (c) => c.primaryKey().notNull())
      .addColumn('account', id, (c) => c.notNull().references('account.name').onDelete('cascade'))
      .addColumn('created_at', big, (c) => c.notNull())
      .addColumn('expires_at', big, (c) => c.notNull())
      .modifyEnd(end)
      .execute();
    await db.schema.createIndex('login_account').on('login').column('account').execute();
    await db.schema
      .createTable('audit_entry')
      .addColumn('audit_no', isSqlite ? 'integer' : 'bigint', (c) =>
        isSqlite ? c.primaryKey().autoIncrement() : c.primaryKey().generatedAlwaysAsIdentity(),
      )
      .addColumn('at', big, (c) => c.notNull())
      .addColumn('actor', id, (c) => c.notNull())
      .addColumn('action', id, (c) => c.notNull())
      .addColumn('target', 'text', (c) => c.notNull())
      .addColumn('request_id', 'text', (c) => c.notNull())
      .addColumn('status', small)
      .modifyEnd(isSqlite ? sql`strict` : sql``)
      .execute();
    await db.schema.createIndex('audit_entry_at').on('audit_entry').column('at').execute();
    await db.schema
      .createTable('kept_reply')
      .addColumn('key', id, (c) => c.primaryKey().notNull())
      .addColumn('fingerprint', 'text', (c) => c.notNull())
      .addColumn('at', big, (c) => c.notNull())
      .addColumn('status', small)
      .addColumn('type', 'text')
      .addColumn('body', 'text')
      .modifyEnd(end)
      .execute();
    await db.schema.createIndex('kept_reply_at').on('kept_reply').column('at').execute();
  },
};
