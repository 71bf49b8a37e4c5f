import { type ColumnDataType, type Kysely, type RawBuilder, sql } from 'kysely';
import type { Migration } from './migration.ts';

type Type = ColumnDataType | RawBuilder<unknown>;

/** Assets and their events, up to where DAGs have decided about them, and the files that have arrived. */
export const assets: Migration = {
  number: 5,
  name: 'assets',
  async up(db, dialect) {
    const isSqlite = dialect === 'sqlite';
    const small: Type = isSqlite ? 'integer' : 'smallint';
    const big: Type = isSqlite ? 'integer' : 'bigint';
    const id: Type = isSqlite ? 'text' : sql`text collate "C"`;
    const asset = db.schema
      .createTable('asset')
      .addColumn('uri', id, (c) => c.primaryKey().notNull())
      .addColumn('first_at', big, (c) => c.notNull())
      .addColumn('last_no', 'integer', (c) => c.notNull())
      .addColumn('events', 'integer', (c) => c.notNull().check(sql`events > 0`));
    await (isSqlite ? asset.modifyEnd(sql`strict`) : asset).execute();
    const event = db.schema
      .createTable('asset_event')
      .addColumn('event_no', 'integer', (c) => c.primaryKey().notNull())
      .addColumn('uri', id, (c) => c.notNull().references('asset.uri'))
      .addColumn('at', big, (c) => c.notNull())
      .addColumn('run_no', 'integer')
      .addColumn('node_no', 'integer')
      .addColumn('try_no', small)
      .addColumn('run_uid', 'text')
      .addColumn('dag_id', id)
      .addColumn('task', 'text')
      .addColumn('reported_by', 'text')
      .addColumn('request_no', 'integer')
      .addColumn('extra', 'text')
      .addCheckConstraint(
        'asset_event_source',
        sql`(run_no is null) = (request_no is not null) and (run_no is null) = (reported_by is not null)
          and (run_no is null) = (try_no is null) and (run_no is null) = (node_no is null)
          and (run_no is null) = (run_uid is null) and (run_no is null) = (dag_id is null)
          and (run_no is null) = (task is null)`,
      );
    await (isSqlite ? event.modifyEnd(sql`strict`) : event).execute();
    await db.schema
      .createIndex('asset_event_uri')
      .unique()
      .on('asset_event')
      .columns(['uri', 'event_no'])
      .execute();
    // What is committed again is no second event.
    await db.schema
      .createIndex('asset_event_attempt')
      .unique()
      .on('asset_event')
      .columns(['run_no', 'node_no', 'try_no', 'uri'])
      .where(sql.ref('run_no'), 'is not', null)
      .execute();
    await db.schema
      .createIndex('asset_event_request')
      .unique()
      .on('asset_event')
      .column('request_no')
      .where(sql.ref('request_no'), 'is not', null)
      .execute();
    await createDecisions(db, isSqlite);
    await db.schema.alterTable('dag_run').addColumn('cause', 'text').execute();
  },
};

/** Up to where DAGs have decided about events, and which files they have decided about. */
async function createDecisions(db: Kysely<unknown>, isSqlite: boolean): Promise<void> {
  const big: Type = isSqlite ? 'integer' : 'bigint';
  const id: Type = isSqlite ? 'text' : sql`text collate "C"`;
  const cursor = db.schema
    .createTable('asset_cursor')
    .addColumn('dag_id', id, (c) => c.primaryKey().notNull().references('dag.dag_id'))
    .addColumn('event_no', 'integer', (c) => c.notNull());
  await (isSqlite ? cursor.modifyEnd(sql`strict, without rowid`) : cursor).execute();
  const arrival = db.schema
    .createTable('file_arrival')
    .addColumn('dag_id', id, (c) => c.notNull().references('dag.dag_id'))
    .addColumn('path', id, (c) => c.notNull())
    .addColumn('bytes', big, (c) => c.notNull())
    .addColumn('modified_at', big, (c) => c.notNull())
    .addColumn('decided_at', big, (c) => c.notNull())
    .addColumn('run_no', 'integer')
    .addPrimaryKeyConstraint('file_arrival_pk', ['dag_id', 'path']);
  await (isSqlite ? arrival.modifyEnd(sql`strict, without rowid`) : arrival).execute();
}
