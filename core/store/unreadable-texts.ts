import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { DialectName } from '../../migrations/migration.ts';
import type { NodeNo, RunNo, RunUid, TryNo } from '../model/ids.ts';
import type { BrokenRow, TextPlace } from '../model/violation.ts';
import { rowsOf, type Script } from './script.ts';
import { isReadable, TEXT_COLUMNS, type TextColumn, type TextName, textColumn } from './stored-text.ts';
import type { Database } from './tables.ts';

type TextTable = keyof typeof TEXT_COLUMNS;

const RUN = ['run_no'] as const;
const NODE = ['run_no', 'node_no'] as const;
const ATTEMPT = ['run_no', 'node_no', 'try_no'] as const;
/** The columns by which a row of each table is found. */
const KEYS: { readonly [table in TextTable]: readonly string[] } = {
  account: ['name'],
  ad_hoc_schedule: ['schedule_id'],
  alert: ['alert_id'],
  alert_delivery: ['delivery_no'],
  api_token: ['token_id'],
  asset_event: ['event_no'],
  backfill: ['backfill_no'],
  broken_file: ['file'],
  cache_entry: ['key'],
  dag_run: RUN,
  dag_version: ['version_no'],
  hook_job: ['run_no', 'hook_no'],
  inbox: ['inbox_id'],
  journal: ['seq'],
  kept_reply: ['key'],
  lease: ['id'],
  metric_sample: ['step_ms', 'at'],
  run_expansion: ['run_no', 'base'],
  scheduler_fact: ['name'],
  slot_span: ['dag_id', 'first_at'],
  task_attempt: ATTEMPT,
  task_cache: NODE,
  task_checkpoint: NODE,
  task_instance: NODE,
  task_output: ATTEMPT,
};

/** PostgreSQL tells JSON from other texts since this version. */
const POSTGRES_MIN = 160_000;

interface Row {
  readonly [column: string]: string | number | null;
}

/** Every text that cannot be read as what its column holds. */
export function* unreadableTexts(
  db: Kysely<Database>,
  dialect: DialectName,
): Script<readonly BrokenRow<'unreadable_text'>[]> {
  if (dialect === 'postgres' && !(yield* tellsJson(db))) return [];
  const found: BrokenRow<'unreadable_text'>[] = [];
  for (const [table, columns] of Object.entries(TEXT_COLUMNS) as [TextTable, Record<string, TextColumn>][]) {
    const suspects = yield* rowsOf(suspectsQuery(db, dialect, table, columns));
    // The last word is that of who reads: databases have limits of their own, such as how deep a value is.
    for (const row of suspects)
      for (const column of Object.keys(columns))
        if (!isReadable(`${table}.${column}` as TextName, row[column] as string | null))
          found.push(toBroken(table, column, row));
  }
  return found;
}

function* tellsJson(db: Kysely<Database>): Script<boolean> {
  const number = sql<{ n: number }>`select cast(current_setting('server_version_num') as integer) as n`;
  const [row] = yield* rowsOf({ compile: () => number.compile(db) });
  return Number(row?.n) >= POSTGRES_MIN;
}

function suspectsQuery(
  db: Kysely<Database>,
  dialect: DialectName,
  table: TextTable,
  columns: { readonly [column: string]: TextColumn },
) {
  const names = Object.keys(columns);
  const isOfRun = KEYS[table].includes('run_no');
  const ofRun = (name: 'uid' | 'dag_id') =>
    sql`(select ${sql.ref(name)} from dag_run where dag_run.run_no = t.run_no) as ${sql.ref(`run_${name}`)}`;
  const chosen = [
    ...[...KEYS[table], ...names].map((name) => sql.ref(`t.${name}`)),
    ...(isOfRun ? [ofRun('uid'), ofRun('dag_id')] : []),
  ];
  const order = KEYS[table].map((name) => sql.ref(`t.${name}`));
  const isBad = names.map((name) => suspicion(dialect, sql.ref(`t.${name}`), columns[name]?.kind));
  const query = sql<Row>`select ${sql.join(chosen)} from ${sql.table(table)} t
    where ${sql.join(isBad, sql` or `)} order by ${sql.join(order)}`;
  return { compile: () => query.compile(db) };
}

/** Whether a database does not take a text for JSON of a kind. */
function suspicion(
  dialect: DialectName,
  text: RawBuilder<unknown>,
  kind: TextColumn['kind'] | undefined,
): RawBuilder<unknown> {
  const isValue = kind === 'value';
  if (dialect === 'postgres')
    return isValue
      ? sql`${text} is not json`
      : kind === 'array'
        ? sql`${text} is not json array`
        : sql`${text} is not json object`;
  if (isValue) return sql`json_valid(${text}) = 0`;
  const type = sql`case when json_valid(${text}) then json_type(${text}) else '' end`;
  return sql`(${text} is not null and ${type} <> ${kind === 'array' ? sql`'array'` : sql`'object'`})`;
}

function toBroken(table: TextTable, column: string, row: Row): BrokenRow<'unreadable_text'> {
  const { repair } = textColumn(`${table}.${column}` as TextName);
  const key = Object.fromEntries(KEYS[table].map((name) => [name, row[name] as string | number]));
  return {
    dagId: (row['run_dag_id'] ?? (table === 'slot_span' ? row['dag_id'] : null) ?? null) as string | null,
    runNo: (key['run_no'] ?? null) as RunNo | null,
    runUid: (row['run_uid'] ?? null) as RunUid | null,
    nodeNo: (key['node_no'] ?? null) as NodeNo | null,
    tryNo: (key['try_no'] ?? null) as TryNo | null,
    slotAt: null,
    table,
    column,
    key,
    mend: typeof repair === 'string' ? repair : null,
    left: typeof repair === 'string' ? null : repair.left,
  };
}

/** Writes what an unreadable text counts as, or removes its row. */
export function* mendScript(
  db: Kysely<Database>,
  { table, column, key }: TextPlace,
  mend: 'empty' | 'row',
): Script<void> {
  const isRow = sql.join(
    Object.entries(key).map(([name, value]) => sql`${sql.ref(name)} = ${value}`),
    sql` and `,
  );
  const { empty } = textColumn(`${table}.${column}` as TextName);
  const change =
    mend === 'row'
      ? sql`delete from ${sql.table(table)} where ${isRow}`
      : sql`update ${sql.table(table)} set ${sql.ref(column)} = ${empty} where ${isRow}`;
  yield { compile: () => change.compile(db) };
}
