import type { Connection } from '../core/model/connection.ts';
import type { NewVariable } from '../core/secrets/keep-values.ts';
import type { Reached } from '../core/secrets/reach-connection.ts';
import type { ListedValue } from './value-list.ts';

/** Where values are that tasks declare: in a project of this machine, or behind a server. */
export interface ValuePlace {
  /** By name. */
  list(): Promise<readonly ListedValue[]>;
  /** One that is stored, whatever else gives a value of this name. */
  stored(name: string): Promise<ListedValue | null>;
  remove(name: string): Promise<void>;
  /** What comes before the stored value of a name, as far as this place knows. */
  winner(name: string): string | null;
}

/** A place of variables. */
export interface VariablePlace extends ValuePlace {
  /** The value of one that is no secret. */
  value(name: string): Promise<string>;
  save(wanted: NewVariable): Promise<void>;
  /** Encrypts all variables and connections anew; how many another key had encrypted. */
  rotate(): Promise<number>;
}

/** The fields of a connection, with `***` for those that are never shown. */
export interface ShownConnection {
  readonly [field: string]: string | number;
}

/** A place of connections. */
export interface ConnectionPlace extends ValuePlace {
  fields(name: string): Promise<ShownConnection>;
  save(name: string, connection: Connection): Promise<void>;
  /** Opens a connection to its server, from where the place is. */
  test(name: string): Promise<Reached>;
}
