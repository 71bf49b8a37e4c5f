import { createHash } from 'node:crypto';
import type { GivenText } from '../config/config.ts';
import type { GivenValue, SealedValue, ValueOf, ValueRecord } from '../model/variable.ts';
import { CONNECTION_PREFIX, VARIABLE_PREFIX } from '../model/variable.ts';
import type { SealedRows } from '../store/sealed-rows.ts';
import type { KeyRing } from './key-ring.ts';
import { sealValue } from './seal.ts';

/** What a task declares, by name. */
export interface Declared {
  readonly variables?: readonly string[];
  readonly connections?: readonly string[];
}

/** Where values come from. */
export interface ValueSources {
  readonly variables: SealedRows;
  readonly connections: SealedRows;
  readonly config: {
    readonly variables: { readonly [name: string]: GivenText };
    readonly connections: { readonly [name: string]: GivenText };
  };
  readonly keys: KeyRing;
}

/**
 * Finds what tasks declare: in the environment, else in the store, else in airflow.yaml. What it gives is
 * encrypted; what is stored is not decrypted for that.
 */
export class ValueFinder {
  readonly #sources: ValueSources;

  constructor(sources: ValueSources) {
    this.#sources = sources;
  }

  /** Each value that is declared, or why it cannot be had. */
  async find({ variables = [], connections = [] }: Declared): Promise<readonly GivenValue[]> {
    return [...(await this.#all('variable', variables)), ...(await this.#all('connection', connections))];
  }

  /**
   * A text for each value that is declared: another one when it may have changed. None of them tells a value.
   */
  async revisions({ variables = [], connections = [] }: Declared): Promise<ReadonlyMap<string, string>> {
    const found = new Map<string, string>();
    for (const [of, names] of [['variable', variables] as const, ['connection', connections] as const]) {
      const rows = await this.#rows(of, names);
      for (const name of names) found.set(`${of} ${name}`, this.#revision(of, name, rows.get(name)));
    }
    return found;
  }

  async #all(of: ValueOf, names: readonly string[]): Promise<readonly GivenValue[]> {
    if (names.length === 0) return [];
    const rows = await this.#rows(of, names);
    return names.map((name) => this.#one(of, name, rows.get(name)));
  }

  async #rows(of: ValueOf, names: readonly string[]): Promise<ReadonlyMap<string, ValueRecord>> {
    const { variables, connections } = this.#sources;
    const found = await (of === 'variable' ? variables : connections).some(names);
    return new Map(found.map((record) => [record.name, record]));
  }

  #one(of: ValueOf, name: string, row: ValueRecord | undefined): GivenValue {
    const { keys } = this.#sources;
    const given = this.#given(of, name);
    if (given !== undefined && (given.wins || row === undefined)) {
      const kind = of === 'connection' ? given.kind : row?.kind === 'plain' ? 'plain' : given.kind;
      return sealValue(keys.own, { of, name, kind }, given.text);
    }
    if (row === undefined) return { of, name, problem: notSet(of, name) };
    const problem = keys.problemOf(row);
    return problem === null ? sealedOf(row) : { of, name, problem };
  }

  #given(of: ValueOf, name: string): GivenText | undefined {
    const { variables, connections } = this.#sources.config;
    const texts = of === 'variable' ? variables : connections;
    return Object.hasOwn(texts, name) ? texts[name] : undefined;
  }

  #revision(of: ValueOf, name: string, row: ValueRecord | undefined): string {
    const given = this.#given(of, name);
    if (given?.wins) return this.#sources.keys.digest(`${of} ${name} ${given.text}`);
    if (row !== undefined) return row.revision;
    // What airflow.yaml says is no secret.
    return given === undefined ? 'none' : createHash('sha256').update(given.text).digest('hex');
  }
}

function sealedOf({ of, name, kind, keyId, sealed }: ValueRecord): SealedValue {
  return { of, name, kind, keyId, sealed };
}

function notSet(of: ValueOf, name: string): string {
  const prefix = of === 'variable' ? VARIABLE_PREFIX : CONNECTION_PREFIX;
  return `${of} '${name}' is not set: orch ${of} set ${name}, or ${prefix}${name} in the environment`;
}
