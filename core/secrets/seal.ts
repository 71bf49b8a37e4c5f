import { createCipheriv, createDecipheriv, createHash, type KeyObject, randomBytes } from 'node:crypto';
import type { SealedValue, ValueKind, ValueOf } from '../model/variable.ts';

const CIPHER = 'aes-256-gcm';
export const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** What a value is, and whose. */
export interface ValuePlace {
  readonly of: ValueOf;
  readonly name: string;
  readonly kind: ValueKind;
}

/** A key and the id by which a sealed value names it. */
export interface ValueKey {
  readonly id: string;
  readonly key: KeyObject;
}

/** The id of a key: says nothing of it, and is the same everywhere. */
export function keyIdOf(key: Uint8Array): string {
  return createHash('sha256').update('orch key id').update(key).digest('hex').slice(0, 8);
}

/** Encrypts a value with a nonce of its own; it can be opened for the same name and kind only. */
export function sealValue({ id, key }: ValueKey, place: ValuePlace, value: string): SealedValue {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(boundTo(place));
  const parts = [nonce, cipher.update(value, 'utf8'), cipher.final(), cipher.getAuthTag()];
  return { ...place, keyId: id, sealed: Buffer.concat(parts).toString('base64') };
}

/** Decrypts a value; `null` if it was not sealed with this key for this name and kind. */
export function openValue(key: KeyObject, value: SealedValue): string | null {
  const bytes = Buffer.from(value.sealed, 'base64');
  if (bytes.length < NONCE_BYTES + TAG_BYTES) return null;
  const end = bytes.length - TAG_BYTES;
  const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(boundTo(value));
  decipher.setAuthTag(bytes.subarray(end));
  try {
    return decipher.update(bytes.subarray(NONCE_BYTES, end), undefined, 'utf8') + decipher.final('utf8');
  } catch {
    return null;
  }
}

/** No two places give the same text, whatever is in a name. */
function boundTo({ of, name, kind }: ValuePlace): Buffer {
  return Buffer.from(JSON.stringify(['orch value 1', of, name, kind]));
}
