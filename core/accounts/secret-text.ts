import { createHash, randomBytes } from 'node:crypto';

const TOKEN = /^orch_[A-Za-z0-9_-]{43}$/;

/** A new secret of 256 random bits: a token of a program, or the text of a cookie. */
export function newSecret(): string {
  return `orch_${randomBytes(32).toString('base64url')}`;
}

/** Whether a text has the form of a secret of this server: others are not even looked up. */
export function isSecret(text: string): boolean {
  return TOKEN.test(text);
}

/** What is stored of a secret: as long as it is random, a fast hash keeps it. */
export function secretHash(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
