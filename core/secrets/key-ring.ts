import { createHmac, createSecretKey, randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { StoreConfig } from '../config/config.ts';
import { AppError } from '../model/errors.ts';
import type { SealedValue } from '../model/variable.ts';
import { KEY_BYTES, keyIdOf, openValue, sealValue, type ValueKey, type ValuePlace } from './seal.ts';

/** Of the variable that holds keys, in sentences. */
const KEY_VARIABLE = 'ORCH__STORE__ENCRYPTION_KEY';
const KEY_FILE = 'encryption.key';
/** Longer texts are no keys: a wrong path must not be read whole. */
const FILE_BYTES_MAX = 64 * 1024;

/** Where the keys of the stored values are. */
export type KeyPlace = Pick<StoreConfig, 'path' | 'encryptionKey' | 'encryptionKeyFile'>;

/**
 * The keys of the stored values: the first one encrypts, all of them decrypt. They are read when they are
 * first needed, and a file again when somebody may have added one.
 */
export class KeyRing {
  readonly #place: KeyPlace;
  #keys: readonly ValueKey[] | null = null;
  /** Encrypts what never leaves this process and those that it starts. */
  readonly own: ValueKey;

  constructor(place: KeyPlace) {
    this.#place = place;
    this.own = { id: 'own', key: createSecretKey(randomBytes(KEY_BYTES)) };
  }

  /**
   * The key with an id; `null`: it is not here.
   * @throws AppError `invalid` when the keys cannot be read.
   */
  key(id: string): ValueKey | null {
    if (id === this.own.id) return this.own;
    const found = (this.#keys ?? []).find((one) => one.id === id);
    if (found !== undefined) return found;
    this.#keys = this.#read();
    return this.#keys.find((one) => one.id === id) ?? null;
  }

  /**
   * Encrypts with the first key. Makes the file of keys if none is named and there is none.
   * @throws AppError `invalid` when the keys cannot be read.
   */
  seal(place: ValuePlace, value: string): SealedValue {
    return sealValue(this.first(), place, value);
  }

  /**
   * Decrypts a stored value.
   * @throws AppError `invalid` when its key is not here, or the value is not what was stored.
   */
  open(value: SealedValue): string {
    const problem = this.problemOf(value);
    if (problem !== null) throw new AppError('invalid', problem);
    const text = openValue((this.key(value.keyId) as ValueKey).key, value);
    if (text === null) throw new AppError('invalid', cannotOpen(value));
    return text;
  }

  /** Why the key of a value is not here, in one sentence; `null`: it is. */
  problemOf(value: SealedValue): string | null {
    try {
      if (this.key(value.keyId) !== null) return null;
    } catch (error) {
      return `${value.of} '${value.name}' cannot be decrypted: ${(error as Error).message}`;
    }
    const where = this.where;
    return (
      `${value.of} '${value.name}' was encrypted with key ${value.keyId}, ` +
      `which ${where} does not have: add that key, or set the ${value.of} again`
    );
  }

  /** The key that encrypts; made if there is none and none is named. */
  first(): ValueKey {
    this.#keys = this.#read();
    if (this.#keys.length === 0) {
      makeKeyFile(this.#file);
      this.#keys = this.#read();
    }
    return this.#keys[0] as ValueKey;
  }

  /** A key as another process is told it, base64; `null`: it is not here, or cannot be read any more. */
  exported(id: string): string | null {
    try {
      return this.key(id)?.key.export().toString('base64') ?? null;
    } catch {
      return null;
    }
  }

  /** A text by which a value is recognised, and from which it cannot be guessed without the key. */
  digest(text: string): string {
    return createHmac('sha256', this.first().key).update('orch digest').update(text).digest('hex');
  }

  get #file(): string {
    return this.#place.encryptionKeyFile ?? join(this.#place.path, KEY_FILE);
  }

  /** Where the keys are, in words. */
  get where(): string {
    return this.#place.encryptionKey === undefined ? `the file ${this.#file}` : KEY_VARIABLE;
  }

  /** The file of the keys, which may not be there yet; `null`: they are in the environment. */
  get file(): string | null {
    return this.#place.encryptionKey === undefined ? this.#file : null;
  }

  #read(): readonly ValueKey[] {
    const { encryptionKey, encryptionKeyFile } = this.#place;
    const text = encryptionKey ?? readKeyFile(this.#file);
    if (text === null && encryptionKeyFile !== undefined)
      throw new AppError('invalid', `the file of keys ${encryptionKeyFile} is not there`);
    const words = (text ?? '').split(/[\s,]+/).filter((word) => word !== '');
    if (text !== null && words.length === 0) throw new AppError('invalid', `${this.where} holds no key`);
    return words.map((word, index) => readKey(word, `key ${index + 1} of ${this.where}`));
  }
}

/** Why a value whose key is there cannot be read. */
export function cannotOpen({ of, name, keyId }: SealedValue): string {
  const why = 'what is stored was changed past orch';
  return `${of} '${name}' cannot be decrypted with key ${keyId}: ${why}; set it again`;
}

function readKey(text: string, where: string): ValueKey {
  const bytes = /^[0-9a-fA-F]{64}$/.test(text)
    ? Buffer.from(text, 'hex')
    : /^[A-Za-z0-9+/_-]{43}=?$/.test(text)
      ? Buffer.from(text, 'base64')
      : null;
  if (bytes?.length === KEY_BYTES) return { id: keyIdOf(bytes), key: createSecretKey(bytes) };
  throw new AppError(
    'invalid',
    `${where} must be ${KEY_BYTES} bytes in base64 or hexadecimal, as 'openssl rand -base64 32' makes them`,
  );
}

function readKeyFile(path: string): string | null {
  try {
    const bytes = readFileSync(path);
    if (bytes.length > FILE_BYTES_MAX) throw new AppError('invalid', `${path} is no file of keys`);
    return bytes.toString('utf8');
  } catch (error) {
    if (error instanceof AppError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return null;
    throw new AppError('invalid', `the file of keys ${path} cannot be read (${code})`);
  }
}

/** Makes a file with one random key: whole or not at all, and the one of who was first. */
function makeKeyFile(path: string): void {
  const fresh = `${path}.${process.pid}-${randomBytes(4).toString('hex')}`;
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(fresh, `${randomBytes(KEY_BYTES).toString('base64')}\n`, { mode: 0o600, flush: true });
  try {
    linkSync(fresh, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(fresh, { force: true });
  }
}
