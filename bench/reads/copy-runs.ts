import { DatabaseSync } from 'node:sqlite';
import pg from 'pg';

/** Tables that have something of a finished run which has no fan-out and has put out nothing. */
const TABLES = ['dag_run', 'task_instance', 'journal'] as const;

/** Runs that follow each other, and how many there shall be of their kind in the end. */
export interface Block {
  readonly first: number;
  readonly size: number;
  readonly runs: number;
}

/** Statements beside those of a store that nobody leads meanwhile. */
export interface Statements {
  readonly kind: 'sqlite' | 'postgres';
  /** The rows of a question, or none. */
  run(text: string): Promise<Record<string, unknown>[]>;
  close(): Promise<void>;
}

/** A connection to the file of a store. */
export function sqliteStatements(path: string): Statements {
  const database = new DatabaseSync(path, { timeout: 10_000 });
  return {
    kind: 'sqlite',
    run: async (text) => database.prepare(text).all() as Record<string, unknown>[],
    close: async () => database.close(),
  };
}

/** A connection to the schema of a store. */
export async function postgresStatements(connectionString: string): Promise<Statements> {
  const client = new pg.Client({ connectionString, options: '-c search_path=orch' });
  await client.connect();
  return {
    kind: 'postgres',
    run: async (text) => (await client.query(text)).rows,
    close: () => client.end(),
  };
}

/**
 * Has the runs of a block follow again and again, each a millisecond per run of the block later, in one
 * statement a table: a store is filled in a fraction of the time in which these runs would be decided.
 */
export async function copyRuns(statements: Statements, { first, size, runs }: Block): Promise<void> {
  const copies = Math.ceil(runs / size) - 1;
  if (copies < 1) return;
  const isCopied = `run_no >= ${first} and run_no < ${first + size}`;
  const [{ lines }] = (await statements.run(`select count(*) as lines from journal where ${isCopied}`)) as [
    { lines: number | string },
  ];
  const runNo = `run_no + copy.no * ${size}`;
  const hex = statements.kind === 'sqlite' ? `printf('%012x', ${runNo})` : `lpad(to_hex(${runNo}), 12, '0')`;
  const copied: Readonly<Record<string, string>> = {
    run_no: runNo,
    uid: `'01980000-0000-7000-8000-' || ${hex}`,
    seq: `seq + copy.no * ${lines}`,
    created_at: `created_at + copy.no * ${size}`,
    ended_at: `ended_at + copy.no * ${size}`,
    task_name: `task_name || ' ' || copy.no`,
  };
  for (const table of TABLES) {
    const names = await columnsOf(statements, table);
    await statements.run(`with recursive copy (no) as
        (select 1 union all select no + 1 from copy where no < ${copies})
      insert into ${table} (${names.join()}) select ${names.map((name) => copied[name] ?? name).join()}
      from copy cross join (select * from ${table} where ${isCopied}) as one
      where ${runNo} < ${first + runs} order by copy.no, run_no`);
  }
  await statements.run(`update lease set run_no = (select max(run_no) from dag_run),
    seq = (select max(seq) from journal)`);
}

async function columnsOf({ kind, run }: Statements, table: string): Promise<string[]> {
  const rows = await run(
    kind === 'sqlite'
      ? `select name from pragma_table_info('${table}')`
      : `select column_name as name from information_schema.columns
          where table_schema = 'orch' and table_name = '${table}' order by ordinal_position`,
  );
  return rows.map(({ name }) => String(name));
}
