import { type ColumnDataType, type CreateTableBuilder, type Kysely, type RawBuilder, sql } from 'kysely';
import type { DialectName, Migration } from './migration.ts';

type Table = CreateTableBuilder<string, never>;
type Type = ColumnDataType | RawBuilder<unknown>;

/**
 * The same columns in the types of each database: SQLite knows one integer, PostgreSQL stores small ones
 * smaller.
 */
interface Types {
  /** Codes of states and reasons, counts of attempts. */
  readonly small: Type;
  /** Numbers of runs, nodes and versions. */
  readonly int: Type;
  /** Instants in epoch milliseconds, sizes, numbers that grow for ever. */
  readonly big: Type;
  readonly real: Type;
  readonly text: Type;
  /** Text that is compared byte by byte: ids, hashes. */
  readonly id: Type;
}

const TYPES: Record<DialectName, Types> = {
  sqlite: { small: 'integer', int: 'integer', big: 'integer', real: 'real', text: 'text', id: 'text' },
  postgres: {
    small: 'smallint',
    int: 'integer',
    big: 'bigint',
    real: 'double precision',
    text: 'text',
    id: sql`text collate "C"`,
  },
};

/** That a text column holds these characters only, as each database says it. */
function onlyCharacters(dialect: DialectName, column: string, characters: string): RawBuilder<boolean> {
  const pattern = sql.lit(dialect === 'sqlite' ? `*[^${characters}]*` : `[^${characters}]`);
  return dialect === 'sqlite'
    ? sql`${sql.ref(column)} not glob ${pattern}`
    : sql`${sql.ref(column)} !~ ${pattern}`;
}

function dagIdShape(dialect: DialectName): RawBuilder<boolean> {
  const start = dialect === 'sqlite' ? sql`dag_id not glob '[0-9-]*'` : sql`dag_id !~ '^[0-9-]'`;
  const characters = onlyCharacters(dialect, 'dag_id', 'A-Za-z0-9_-');
  return sql`length(dag_id) between 1 and 128 and ${start} and ${characters}`;
}

function uidShape(dialect: DialectName): RawBuilder<boolean> {
  const dashes = sql`uid like '________-____-____-____-____________' and length(replace(uid, '-', '')) = 32`;
  return sql`${dashes} and ${onlyCharacters(dialect, 'uid', '0-9a-f-')}`;
}

function sha256Shape(dialect: DialectName): RawBuilder<boolean> {
  return sql`length(sha256) = 64 and ${onlyCharacters(dialect, 'sha256', '0-9a-f')}`;
}

async function createVersions(db: Kysely<unknown>, dialect: DialectName, end: Ends): Promise<void> {
  const t = TYPES[dialect];
  await db.schema
    .createTable('dag_version')
    .addColumn('version_no', t.int, (c) => c.primaryKey())
    .addColumn('dag_id', t.id, (c) => c.notNull())
    .addColumn('graph_hash', t.id, (c) => c.notNull().check(sql`length(graph_hash) > 0`))
    .addColumn('code_hash', t.id, (c) => c.notNull())
    .addColumn('file', t.text, (c) => c.notNull())
    .addColumn('spec', t.text, (c) => c.notNull())
    .addColumn('created_at', t.big, (c) => c.notNull())
    .addCheckConstraint('dag_version_dag_id', dagIdShape(dialect))
    .addUniqueConstraint('dag_version_content', ['dag_id', 'graph_hash', 'code_hash'])
    .$call(end.cold)
    .execute();
  await db.schema
    .createTable('dag')
    .addColumn('dag_id', t.id, (c) => c.primaryKey().notNull())
    .addColumn('paused', t.small, (c) => c.notNull().check(sql`paused in (0, 1)`))
    .addColumn('file', t.text, (c) => c.notNull())
    .addColumn('version_no', t.int, (c) => c.notNull().references('dag_version.version_no'))
    .addCheckConstraint('dag_dag_id', dagIdShape(dialect))
    .$call(end.cold)
    .execute();
}

async function createRuns(db: Kysely<unknown>, dialect: DialectName, end: Ends): Promise<void> {
  const t = TYPES[dialect];
  await db.schema
    .createTable('dag_run')
    .addColumn('run_no', t.int, (c) => c.primaryKey())
    .addColumn('uid', t.id, (c) => c.notNull().unique())
    .addColumn('dag_id', t.id, (c) => c.notNull())
    .addColumn('version_no', t.int, (c) => c.notNull().references('dag_version.version_no'))
    .addColumn('state', t.small, (c) => c.notNull().check(sql`state between 0 and 5`))
    .addColumn('trigger_kind', t.small, (c) => c.notNull().check(sql`trigger_kind between 0 and 4`))
    .addColumn('params', t.text, (c) => c.notNull())
    .addColumn('scope', t.text, (c) => c.notNull())
    .addColumn('max_parallel', t.int, (c) => c.check(sql`max_parallel > 0`))
    .addColumn('inputs_from', t.int)
    .addColumn('logical_at', t.big)
    .addColumn('interval_start_at', t.big)
    .addColumn('interval_end_at', t.big)
    .addColumn('created_at', t.big, (c) => c.notNull())
    .addColumn('started_at', t.big)
    .addColumn('ended_at', t.big)
    .addColumn('because', t.small, (c) => c.notNull())
    .addColumn('facts', t.text)
    .addColumn('counts', t.text)
    .addCheckConstraint('dag_run_uid', uidShape(dialect))
    .addCheckConstraint('dag_run_ended', sql`(state >= 3) = (ended_at is not null)`)
    .addCheckConstraint('dag_run_slot_time', sql`trigger_kind <> 1 or logical_at is not null`)
    .$call(end.cold)
    .execute();
  await db.schema.createIndex('dag_run_dag').on('dag_run').columns(['dag_id', 'run_no']).execute();
  await db.schema
    .createIndex('dag_run_unfinished')
    .on('dag_run')
    .column('run_no')
    .where(sql.ref('state'), '<', sql.lit(3))
    .execute();
  await db.schema
    .createIndex('dag_run_slot')
    .unique()
    .on('dag_run')
    .columns(['dag_id', 'logical_at'])
    .where(sql.ref('trigger_kind'), '=', sql.lit(1))
    .execute();
  await db.schema
    .createTable('run_expansion')
    .addColumn('run_no', t.int, (c) => c.notNull().references('dag_run.run_no').onDelete('cascade'))
    .addColumn('base', t.int, (c) => c.notNull().check(sql`base > 0`))
    .addColumn('fan_out', t.int, (c) => c.notNull())
    .addColumn('parent_base', t.int, (c) => c.notNull())
    .addColumn('keys', t.text, (c) => c.notNull())
    .addColumn('items', t.text)
    .addColumn('gone', t.text)
    .addPrimaryKeyConstraint('run_expansion_pk', ['run_no', 'base'])
    .$call(end.keyed)
    .execute();
}

/** Columns that an attempt has in the instance row and, once it is past, in its own row. */
function attemptColumns(table: Table, t: Types): Table {
  return table
    .addColumn('run_no', t.int, (c) => c.notNull())
    .addColumn('node_no', t.int, (c) => c.notNull())
    .addColumn('state', t.small, (c) => c.notNull())
    .addColumn('try_no', t.small, (c) => c.notNull())
    .addColumn('reason', t.small, (c) => c.notNull())
    .addColumn('because', t.small, (c) => c.notNull())
    .addColumn('log_segment', t.int)
    .addColumn('started_at', t.big)
    .addColumn('ended_at', t.big)
    .addColumn('log_offset', t.big)
    .addColumn('log_length', t.big)
    .addColumn('facts', t.text)
    .addColumn('error', t.text) as Table;
}

/**
 * What the state of an instance says about its row: a finished one has ended, and only failed and cancelled
 * ones have a reason; an attempt that is queued, running or paused has a number and no end; a retry has a
 * time. One expression with one branch taken: the check is paid for twice by every task.
 */
const STATE_RULES = sql`case
  when state >= 7 then ended_at is not null and (reason = 0 or state = 8 or state = 11)
  when state between 2 and 4 then ended_at is null and try_no > 0
  when state = 6 then due_at is not null
  else true end`;

async function createInstances(db: Kysely<unknown>, dialect: DialectName, end: Ends): Promise<void> {
  const t = TYPES[dialect];
  await attemptColumns(db.schema.createTable('task_instance') as Table, t)
    .addColumn('try_base', t.small, (c) => c.notNull())
    .addColumn('lost', t.small, (c) => c.notNull())
    .addColumn('queued_at', t.big)
    .addColumn('due_at', t.big)
    .addPrimaryKeyConstraint('task_instance_pk', ['run_no', 'node_no'] as never)
    .addCheckConstraint('task_instance_codes', sql`state between 0 and 13 and reason between 0 and 10`)
    .addCheckConstraint('task_instance_state', STATE_RULES)
    .$call(end.keyed)
    .execute();
  await attemptColumns(db.schema.createTable('task_attempt') as Table, t)
    .addPrimaryKeyConstraint('task_attempt_pk', ['run_no', 'node_no', 'try_no'] as never)
    .addCheckConstraint(
      'task_attempt_codes',
      sql`state between 0 and 13 and reason between 0 and 10 and try_no > 0`,
    )
    .$call(end.keyed)
    .execute();
}

async function createResults(db: Kysely<unknown>, dialect: DialectName, end: Ends): Promise<void> {
  const t = TYPES[dialect];
  const ofAttempt = (name: string): Table =>
    (db.schema.createTable(name) as Table)
      .addColumn('run_no', t.int, (c) => c.notNull())
      .addColumn('node_no', t.int, (c) => c.notNull())
      .addColumn('try_no', t.small, (c) => c.notNull()) as Table;
  await ofAttempt('task_output')
    .addColumn('json', t.text)
    .addColumn('sha256', t.id)
    .addColumn('bytes', t.big)
    .addPrimaryKeyConstraint('task_output_pk', ['run_no', 'node_no', 'try_no'] as never)
    .addCheckConstraint('task_output_sha256', sql`sha256 is null or (${sha256Shape(dialect)})`)
    .addCheckConstraint(
      'task_output_one',
      sql`(json is null) = (sha256 is not null) and (sha256 is null) = (bytes is null)`,
    )
    .$call(end.keyed)
    .execute();
  await ofAttempt('task_metric')
    .addColumn('name', t.id, (c) => c.notNull())
    .addColumn('value', t.real, (c) => c.notNull())
    .addColumn('at', t.big, (c) => c.notNull())
    .addPrimaryKeyConstraint('task_metric_pk', ['run_no', 'node_no', 'try_no', 'name'] as never)
    .$call(end.keyed)
    .execute();
  await ofAttempt('artifact')
    .addColumn('name', t.id, (c) => c.notNull())
    .addColumn('bytes', t.big, (c) => c.notNull().check(sql`bytes >= 0`))
    .addColumn('media_type', t.text, (c) => c.notNull())
    .addColumn('sha256', t.id, (c) => c.notNull())
    .addPrimaryKeyConstraint('artifact_pk', ['run_no', 'node_no', 'try_no', 'name'] as never)
    .addCheckConstraint('artifact_sha256', sha256Shape(dialect))
    .$call(end.keyed)
    .execute();
  await db.schema
    .createTable('task_progress')
    .addColumn('run_no', t.int, (c) => c.notNull())
    .addColumn('node_no', t.int, (c) => c.notNull())
    .addColumn('done', t.real, (c) => c.notNull())
    .addColumn('total', t.real, (c) => c.notNull())
    .addColumn('step', t.text)
    .addPrimaryKeyConstraint('task_progress_pk', ['run_no', 'node_no'])
    .$call(end.keyed)
    .execute();
}

async function createJournal(db: Kysely<unknown>, dialect: DialectName, end: Ends): Promise<void> {
  const t = TYPES[dialect];
  await db.schema
    .createTable('journal')
    .addColumn('seq', t.big, (c) => c.primaryKey())
    .addColumn('at', t.big, (c) => c.notNull())
    .addColumn('epoch', t.int, (c) => c.notNull())
    .addColumn('run_no', t.int)
    .addColumn('node_no', t.int)
    .addColumn('try_no', t.small)
    .addColumn('from_state', t.small, (c) => c.notNull())
    .addColumn('to_state', t.small, (c) => c.notNull())
    .addColumn('because', t.small, (c) => c.notNull())
    .addColumn('facts', t.text)
    .addCheckConstraint('journal_states', sql`from_state between -1 and 13 and to_state between -1 and 13`)
    .$call(end.cold)
    .execute();
  await db.schema.createIndex('journal_run').on('journal').column('run_no').execute();
}

async function createInbox(db: Kysely<unknown>, dialect: DialectName, end: Ends): Promise<void> {
  const t = TYPES[dialect];
  await db.schema
    .createTable('inbox')
    .addColumn('inbox_id', t.int, (c) =>
      dialect === 'sqlite' ? c.primaryKey().autoIncrement() : c.primaryKey().generatedAlwaysAsIdentity(),
    )
    .addColumn('trigger_uid', t.id, (c) => c.unique())
    .addColumn('request', t.text, (c) => c.notNull())
    .addColumn('created_at', t.big, (c) => c.notNull())
    .addColumn('answer', t.text)
    .addColumn('answered_at', t.big)
    .addCheckConstraint('inbox_answered', sql`(answer is null) = (answered_at is null)`)
    .$call(end.cold)
    .execute();
  await db.schema
    .createIndex('inbox_pending')
    .on('inbox')
    .column('inbox_id')
    .where(sql.ref('answer'), 'is', null)
    .execute();
}

async function createLease(db: Kysely<unknown>, dialect: DialectName, end: Ends): Promise<void> {
  const t = TYPES[dialect];
  await db.schema
    .createTable('lease')
    .addColumn('id', t.small, (c) => c.primaryKey().check(sql`id = 1`))
    .addColumn('epoch', t.int, (c) => c.notNull())
    .addColumn('schema_no', t.int, (c) => c.notNull())
    .addColumn('tick', t.big, (c) => c.notNull())
    .addColumn('seal', t.big, (c) => c.notNull())
    .addColumn('seq', t.big, (c) => c.notNull())
    .addColumn('run_no', t.int, (c) => c.notNull())
    .addColumn('holder', t.text)
    .addColumn('expires_at', t.big, (c) => c.notNull())
    .$call(end.cold)
    .execute();
  await sql`insert into lease (id, epoch, schema_no, tick, seal, seq, run_no, expires_at)
    values (1, 0, 0, 0, 0, 0, 0, 0)`.execute(db);
}

/**
 * How each kind of table ends: SQLite keeps rows that are found by their key in the tree of the key itself.
 */
interface Ends {
  readonly cold: <T extends Table>(table: T) => T;
  readonly keyed: <T extends Table>(table: T) => T;
}

function ends(dialect: DialectName): Ends {
  const end =
    (clause: RawBuilder<unknown> | null) =>
    <T extends Table>(table: T): T =>
      (clause === null ? table : table.modifyEnd(clause)) as T;
  if (dialect === 'sqlite') return { cold: end(sql`strict`), keyed: end(sql`strict, without rowid`) };
  return { cold: end(null), keyed: end(null) };
}

export const initial: Migration = {
  number: 1,
  name: 'initial',
  async up(db, dialect) {
    const end = ends(dialect);
    await createVersions(db, dialect, end);
    await createRuns(db, dialect, end);
    await createInstances(db, dialect, end);
    await createResults(db, dialect, end);
    await createJournal(db, dialect, end);
    await createInbox(db, dialect, end);
    await createLease(db, dialect, end);
    if (dialect === 'postgres') await createStaleFunction(db);
  },
};

/** Lets one statement undo itself and say which rows were not as expected. */
async function createStaleFunction(db: Kysely<unknown>): Promise<void> {
  await sql`create function orch_stale(misses text) returns integer language plpgsql as $$
    begin
      raise exception 'rows are not as expected' using errcode = 'OR001', detail = misses;
    end $$`.execute(db);
}
