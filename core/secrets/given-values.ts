import { createSecretKey, type KeyObject } from 'node:crypto';
import { type Connection, parseConnection, secretsOf } from '../model/connection.ts';
import {
  CONNECTION_PREFIX,
  type GivenValue,
  type SealedValue,
  VARIABLE_PREFIX,
  type ValueOf,
} from '../model/variable.ts';
import { cannotOpen } from './key-ring.ts';
import { openValue } from './seal.ts';

/** Keys that a process was told, by their ids. Kept where no snapshot of the heap has them. */
export class ToldKeys {
  readonly #keys = new Map<string, KeyObject>();

  add(id: string, base64: string): void {
    this.#keys.set(id, createSecretKey(Buffer.from(base64, 'base64')));
  }

  get(id: string): KeyObject | undefined {
    return this.#keys.get(id);
  }
}

/** The variables and connections of one attempt, opened in the process that runs or starts it. */
export class GivenValues {
  readonly #variables = new Map<string, string>();
  readonly #connections = new Map<string, Connection>();
  /** What must not be shown. */
  readonly secrets: readonly string[];
  /** Why the attempt cannot have what its task declares; `null`: it has it. */
  readonly problem: string | null;

  constructor(given: readonly GivenValue[], keys: ToldKeys) {
    const secrets: string[] = [];
    const problems: string[] = [];
    for (const one of given) {
      const problem = 'problem' in one ? one.problem : this.#open(one, keys, secrets);
      if (problem !== null) problems.push(problem);
    }
    this.secrets = secrets;
    this.problem = problems.length === 0 ? null : problems.join('; ');
  }

  /** @throws Error when the task does not declare the variable. */
  variable(name: string): string {
    const value = this.#variables.get(name);
    if (value === undefined) throw undeclared('variable', name);
    return value;
  }

  /** @throws Error when the task does not declare the connection. */
  connection(name: string): Connection {
    const connection = this.#connections.get(name);
    if (connection === undefined) throw undeclared('connection', name);
    return { ...connection };
  }

  /** The environment in which a command finds them; connections are JSON. */
  environment(): { [name: string]: string } {
    const variables = [...this.#variables].map(([name, value]) => [VARIABLE_PREFIX + name, value]);
    const connections = [...this.#connections].map(([name, connection]) => [
      CONNECTION_PREFIX + name,
      JSON.stringify(connection),
    ]);
    return Object.fromEntries([...variables, ...connections]) as { [name: string]: string };
  }

  #open(sealed: SealedValue, keys: ToldKeys, secrets: string[]): string | null {
    const key = keys.get(sealed.keyId);
    const text = key === undefined ? null : openValue(key, sealed);
    if (text === null) return cannotOpen(sealed);
    const { name } = sealed;
    if (sealed.of === 'variable') {
      this.#variables.set(name, text);
      if (sealed.kind === 'secret') secrets.push(text);
      return null;
    }
    const read = parseConnection(text);
    if (!read.ok) return `connection '${name}' ${read.problem}`;
    this.#connections.set(name, read.connection);
    secrets.push(...secretsOf(read.connection));
    return null;
  }
}

function undeclared(of: ValueOf, name: string): Error {
  return new Error(`the task does not declare ${of} '${name}': add it to its '${of}s'`);
}

/** What an attempt has whose task declares nothing. */
export const NO_VALUES: GivenValues = new GivenValues([], new ToldKeys());
