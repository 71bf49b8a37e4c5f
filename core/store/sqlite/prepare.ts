import type { StatementResultingChanges, StatementSync } from 'node:sqlite';
import type { Compilable } from 'kysely';
import type { SqliteConnection, SqliteRow, SqlValue } from './connection.ts';

/** Stands for the parameter at a position while a statement is compiled. */
class Slot {
  readonly index: number;
  constructor(index: number) {
    this.index = index;
  }
}

/** A parameter; of any column's type, because only its position matters. */
export const at = (index: number): never => new Slot(index) as unknown as never;

/** A statement that is compiled and prepared when it is first needed: a tick needs few of them. */
export class Prepared {
  readonly #connection: SqliteConnection;
  readonly #query: () => Compilable;
  #statement: StatementSync | null = null;

  constructor(connection: SqliteConnection, query: () => Compilable) {
    this.#connection = connection;
    this.#query = query;
  }

  /** Runs it with its parameters by position: 0, 1, 2... */
  run(...values: SqlValue[]): StatementResultingChanges {
    this.#statement ??= this.#prepare();
    return this.#statement.run(...values);
  }

  /** Its first row. */
  get(): SqliteRow | undefined {
    this.#statement ??= this.#prepare();
    return this.#statement.get();
  }

  #prepare(): StatementSync {
    const { sql: text, parameters } = this.#query().compile();
    for (const [index, parameter] of parameters.entries()) {
      if (!(parameter instanceof Slot) || parameter.index !== index)
        throw new Error(`parameter ${index} is out of order: ${text}`);
    }
    return this.#connection.prepare(text);
  }
}

/** See {@link Prepared}. */
export function prepare(connection: SqliteConnection, query: () => Compilable): Prepared {
  return new Prepared(connection, query);
}
