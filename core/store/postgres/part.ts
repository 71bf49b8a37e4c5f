import type { Database } from '../tables.ts';
import { numberArray, textArray } from './arrays.ts';
import type { FoldedTick } from './fold.ts';

export type ArrayType = 'int2' | 'int4' | 'int8' | 'float8' | 'text';
type Value = string | number | null;

/** The columns of rows that a statement is given, by name: their type, and where their values come from. */
export type Columns<Row, Name extends string = string> = {
  readonly [Column in Name]?: readonly [type: ArrayType, of: (row: Row) => Value];
};

/** Every column of a table: a row is given whole. */
export type RowColumns<Row> = Required<Columns<Row, keyof Row & string>>;

/** How a row that did not find what it expected is told apart from the others. */
export interface Missed {
  readonly as: 'run' | 'request' | 'dag';
  /**
   * Columns that name the row, in what was given and in what the change returns; the first one is reported.
   */
  readonly key: readonly string[];
}

/** One kind of change to one table, as a piece of the statement of a tick. */
export interface Part {
  readonly name: string;
  readonly columns: readonly { readonly name: string; readonly type: ArrayType }[];
  readonly count: (tick: FoldedTick) => number;
  /** One array for each column. */
  readonly arrays: (tick: FoldedTick) => readonly string[];
  /** Reads the rows of `given`, joined with `fence`, which has a row only for the one who leads. */
  readonly sql: (given: string) => string;
  readonly missed: Missed | null;
}

interface PartPlan<Row, Name extends string> {
  readonly name: string;
  readonly rows: (tick: FoldedTick) => readonly Row[];
  readonly columns: Columns<Row, Name>;
  readonly sql: (given: string, columns: string) => string;
  readonly missed?: Missed;
}

/** Makes a part of its plan; `Name` are the columns it may name. */
export function part<Row, Name extends string>(plan: PartPlan<Row, Name>): Part {
  const entries = Object.entries(plan.columns) as [string, readonly [ArrayType, (row: Row) => Value]][];
  const columns = entries.map(([name, [type]]) => ({ name, type }));
  const names = columns.map(({ name }) => name).join(', ');
  return {
    name: plan.name,
    columns,
    count: (tick) => plan.rows(tick).length,
    arrays: (tick) => {
      const rows = plan.rows(tick);
      return entries.map(([, [type, of]]) => {
        const values = rows.map(of);
        return type === 'text'
          ? textArray(values as (string | null)[])
          : numberArray(values as (number | null)[]);
      });
    },
    sql: (given) => plan.sql(given, names),
    missed: plan.missed ?? null,
  };
}

/** The columns that name an instance. */
export const PLACE_KEY = ['run_no', 'node_no'];

/** Inserts rows that are given; those that are there stay. */
export const insert = (table: keyof Database, columns: string, given: string, key: string): string =>
  `insert into ${table} (${columns}) select ${columns} from ${given}, fence ` +
  `on conflict do nothing returning ${key}`;

/** Inserts rows, or gives those that are there the values of some columns. */
export const put = (
  table: keyof Database,
  columns: string,
  given: string,
  key: string,
  changed: readonly string[],
): string =>
  `insert into ${table} (${columns}) select ${columns} from ${given}, fence on conflict (${key}) do update ` +
  `set ${changed.map((name) => `${name} = excluded.${name}`).join(', ')}`;
