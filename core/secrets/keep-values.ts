import { randomUUID } from 'node:crypto';
import { type Connection, parseConnection } from '../model/connection.ts';
import { AppError } from '../model/errors.ts';
import type { ValueRecord } from '../model/variable.ts';
import type { SealedRows } from '../store/sealed-rows.ts';
import type { KeyRing } from './key-ring.ts';
import type { ValuePlace } from './seal.ts';

/** Where values are kept, and what they are encrypted with. */
export interface ValueShelf {
  readonly variables: SealedRows;
  readonly connections: SealedRows;
  readonly keys: KeyRing;
}

/** Who sets a value, and when. */
export interface Setting {
  readonly by: string;
  readonly at: number;
}

/** A variable that is to be stored. */
export interface NewVariable {
  readonly name: string;
  readonly value: string;
  readonly secret: boolean;
}

/** A variable as it is stored, encrypted. */
export function variableRecord(
  { keys }: Pick<ValueShelf, 'keys'>,
  { name, value, secret }: NewVariable,
  setting: Setting,
): ValueRecord {
  return record(keys, { of: 'variable', name, kind: secret ? 'secret' : 'plain' }, value, setting);
}

/** A connection as it is stored, encrypted whole. */
export function connectionRecord(
  { keys }: Pick<ValueShelf, 'keys'>,
  name: string,
  connection: Connection,
  setting: Setting,
): ValueRecord {
  return record(keys, { of: 'connection', name, kind: connection.type }, JSON.stringify(connection), setting);
}

function record(keys: KeyRing, place: ValuePlace, text: string, { by, at }: Setting): ValueRecord {
  return { ...keys.seal(place, text), revision: randomUUID(), changedAt: at, changedBy: by };
}

/**
 * A stored connection, opened.
 * @throws AppError `invalid` when it cannot be.
 */
export function openConnection({ keys }: Pick<ValueShelf, 'keys'>, stored: ValueRecord): Connection {
  const read = parseConnection(keys.open(stored));
  if (read.ok) return read.connection;
  throw new AppError('invalid', `connection '${stored.name}' ${read.problem}`);
}

/**
 * Encrypts everything anew with the first key; how many values were encrypted with another one. What cannot
 * be decrypted stays as it is and is named in the error.
 * @throws AppError `invalid` when some values cannot be decrypted; all others are done.
 */
export async function rotateValues(shelf: ValueShelf): Promise<number> {
  const { keys } = shelf;
  const first = keys.first().id;
  const problems: string[] = [];
  let changed = 0;
  for (const rows of [shelf.variables, shelf.connections]) {
    for (const record of await rows.all()) {
      if (record.keyId === first) continue;
      try {
        if (await rows.reseal(record, keys.seal(record, keys.open(record)))) changed += 1;
      } catch (error) {
        if (!(error instanceof AppError) || error.code !== 'invalid') throw error;
        problems.push(error.message);
      }
    }
  }
  if (problems.length === 0) return changed;
  throw new AppError('invalid', `${changed} values were encrypted anew; ${problems.join('; ')}`);
}
