import type { DatabaseSync } from 'node:sqlite';
import type pg from 'pg';

/** The schema of an SQLite file as text that differs only when the schema does. */
export function dumpSqlite(database: DatabaseSync): string {
  const rows = database
    .prepare(
      `select sql from sqlite_schema where sql is not null and name not like 'sqlite\\_%' escape '\\'
        order by tbl_name, type desc, name`,
    )
    .all();
  return `${rows.map((row) => `${splitColumns(String(row['sql']))};`).join('\n\n')}\n`;
}

/** One line a column and constraint: commas inside parentheses of a column stay where they are. */
function splitColumns(sql: string): string {
  let depth = 0;
  let text = '';
  for (const character of sql.replaceAll(/\s+/g, ' ')) {
    if (character === ')') depth -= 1;
    if (character === ')' && depth === 0) text += '\n';
    text += character;
    if (character === '(') depth += 1;
    if ((character === '(' || character === ',') && depth === 1) text += '\n ';
  }
  return text.replaceAll(/\n +/g, '\n  ');
}

const DUMP = `
select 'table ' || c.relname || ' column ' || lpad(a.attnum::text, 2, '0') || ' ' || a.attname || ' '
    || format_type(a.atttypid, a.atttypmod) || case when a.attnotnull then ' not null' else '' end
    || case when l.collname is null or l.collname = 'default' then '' else ' collate ' || l.collname end
    || case a.attidentity when 'a' then ' generated always as identity' else '' end as line
  from pg_class c join pg_attribute a on a.attrelid = c.oid left join pg_collation l on l.oid = a.attcollation
  where c.relnamespace = $1::text::regnamespace and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped
union all
select 'table ' || conrelid::regclass || ' constraint ' || conname || ' ' || pg_get_constraintdef(oid)
  from pg_constraint where connamespace = $1::text::regnamespace and contype <> 'n'
union all
select 'index ' || indexdef from pg_indexes where schemaname = $1::text
union all
select pg_get_functiondef(oid) from pg_proc where pronamespace = $1::text::regnamespace
union all
select pg_get_triggerdef(t.oid) from pg_trigger t join pg_class c on c.oid = t.tgrelid
  where c.relnamespace = $1::text::regnamespace and not t.tgisinternal`;

/** The schema of a PostgreSQL schema as text that differs only when the schema does. */
export async function dumpPostgres(client: pg.Client, schema: string): Promise<string> {
  const { rows } = await client.query<{ readonly line: string }>(DUMP, [schema]);
  const lines = rows.map(({ line }) =>
    line
      .trim()
      .replaceAll(/[ \t]+\n/g, '\n')
      .replaceAll(`${schema}.`, ''),
  );
  return `${lines.sort().join('\n')}\n`;
}
