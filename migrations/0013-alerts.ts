import { type ColumnDataType, type Kysely, type RawBuilder, sql } from 'kysely';
import type { DialectName, Migration } from './migration.ts';

type Type = ColumnDataType | RawBuilder<unknown>;

interface Types {
  readonly small: Type;
  readonly big: Type;
  readonly id: Type;
  /** The end of a table that is its own index. */
  readonly end: RawBuilder<unknown>;
}

function typesOf(dialect: DialectName): Types {
  const isSqlite = dialect === 'sqlite';
  return {
    small: isSqlite ? 'integer' : 'smallint',
    big: isSqlite ? 'integer' : 'bigint',
    id: isSqlite ? 'text' : sql`text collate "C"`,
    end: isSqlite ? sql`strict, without rowid` : sql``,
  };
}

async function makeAlerts(db: Kysely<unknown>, { small, big, id, end }: Types): Promise<void> {
  await db.schema
    .createTable('alert')
    .addColumn('alert_id', id, (c) => c.primaryKey().notNull())
    .addColumn('rule', id, (c) => c.notNull())
    .addColumn('level', small, (c) => c.notNull().check(sql`level between 0 and 3`))
    .addColumn('type', small, (c) => c.notNull())
    .addColumn('fingerprint', id, (c) => c.notNull())
    .addColumn('grouped', id, (c) => c.notNull())
    .addColumn('title', 'text', (c) => c.notNull())
    .addColumn('message', 'text', (c) => c.notNull())
    .addColumn('details', 'text', (c) => c.notNull())
    .addColumn('count', 'integer', (c) => c.notNull())
    .addColumn('told', 'integer', (c) => c.notNull())
    .addColumn('first_at', big, (c) => c.notNull())
    .addColumn('last_at', big, (c) => c.notNull())
    .addColumn('resolved_at', big)
    .addColumn('closing', small, (c) => c.notNull().check(sql`closing in (0, 1)`))
    .addColumn('acknowledged_by', 'text')
    .addColumn('acknowledged_at', big)
    .addColumn('dag_id', id)
    .addColumn('task_id', 'text')
    .addColumn('run_uid', id)
    .modifyEnd(end)
    .execute();
  await db.schema
    .createIndex('alert_live')
    .unique()
    .on('alert')
    .columns(['rule', 'fingerprint'])
    .where(sql<boolean>`resolved_at is null or closing = 1`)
    .execute();
  await db.schema
    .createTable('alert_group')
    .addColumn('rule', id, (c) => c.notNull())
    .addColumn('grouped', id, (c) => c.notNull())
    .addColumn('sent_at', big)
    .addColumn('due_at', big)
    .addColumn('recover_at', big)
    .addPrimaryKeyConstraint('alert_group_pk', ['rule', 'grouped'])
    .modifyEnd(end)
    .execute();
}

async function makeMessages(
  db: Kysely<unknown>,
  isSqlite: boolean,
  { small, big, id, end }: Types,
): Promise<void> {
  await db.schema
    .createTable('alert_mute')
    .addColumn('mute_id', id, (c) => c.primaryKey().notNull())
    .addColumn('rule', id)
    .addColumn('dag_id', id)
    .addColumn('until_at', big)
    .addColumn('reason', 'text', (c) => c.notNull())
    .addColumn('created_by', 'text', (c) => c.notNull())
    .addColumn('created_at', big, (c) => c.notNull())
    .modifyEnd(end)
    .execute();
  await db.schema
    .createTable('alert_delivery')
    .addColumn('delivery_no', big, (c) =>
      isSqlite ? c.primaryKey().autoIncrement() : c.primaryKey().generatedAlwaysAsIdentity(),
    )
    .addColumn('channel', id, (c) => c.notNull())
    .addColumn('message', 'text', (c) => c.notNull())
    .addColumn('state', small, (c) => c.notNull().check(sql`state between 0 and 2`))
    .addColumn('tries', 'integer', (c) => c.notNull())
    .addColumn('created_at', big, (c) => c.notNull())
    .addColumn('due_at', big, (c) => c.notNull())
    .addColumn('ended_at', big)
    .addColumn('error', 'text')
    .modifyEnd(isSqlite ? sql`strict` : sql``)
    .execute();
  await db.schema
    .createIndex('alert_delivery_open')
    .on('alert_delivery')
    .columns(['due_at'])
    .where(sql.ref('state'), '=', sql.lit(0))
    .execute();
  const cursor = db.schema
    .createTable('alert_cursor')
    .addColumn('id', small, (c) => c.primaryKey().notNull().check(sql`id = 1`))
    .addColumn('seq', big, (c) => c.notNull());
  await cursor.modifyEnd(isSqlite ? sql`strict` : sql``).execute();
}

/** What is or was wrong, what is not to be told of it, and what is on its way to whom. */
export const alerts: Migration = {
  number: 13,
  name: 'alerts',
  async up(db, dialect) {
    const types = typesOf(dialect);
    await makeAlerts(db, types);
    await makeMessages(db, dialect === 'sqlite', types);
  },
};
