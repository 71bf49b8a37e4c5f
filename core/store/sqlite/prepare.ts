import type { StatementSync } from 'node:sqlite';
import type { Compilable } from 'kysely';
import type { SqliteConnection } from './connection.ts';

/** Stands for the parameter at a position while a statement is compiled. */
class Slot {
  readonly index: number;
  constructor(index: number) {
    this.index = index;
  }
}

/** A parameter; of any column's type, because only its position matters. */
export const at = (index: number): never => new Slot(index) as unknown as never;

/** Compiles a statement once and prepares it. Its parameters are given by position: 0, 1, 2... */
export function prepare(connection: SqliteConnection, query: Compilable): StatementSync {
  const { sql: text, parameters } = query.compile();
  for (const [index, parameter] of parameters.entries()) {
    if (!(parameter instanceof Slot) || parameter.index !== index)
      throw new Error(`parameter ${index} is out of order: ${text}`);
  }
  return connection.prepare(text);
}
