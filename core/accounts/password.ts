import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { fewAtOnce } from './few-at-once.ts';

/** Cost, block size and parallelism of scrypt, as OWASP recommends them; about 100 ms and 64 MiB. */
const COST = { N: 2 ** 16, r: 8, p: 2 } as const;
const MEMORY_MAX = 256 * 1024 * 1024;
const BYTES = 32;
const slowHash = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt);
/** Each takes one of the four threads that read files as well; the last in line waits for seconds. */
const inTurn = fewAtOnce(2, 20, 'too many passwords are checked at once: try again');
const FORM = /^scrypt:(\d{1,8}):(\d{1,3}):(\d{1,3}):([A-Za-z0-9_-]{22}):([A-Za-z0-9_-]{43})$/;

/** Characters that a password has at least. */
export const PASSWORD_MIN = 12;
/** Characters that it has at most. */
export const PASSWORD_MAX = 1_024;

/**
 * A slow hash of a password, with what is needed to check one against it.
 * @throws AppError `unavailable` if too many wait.
 */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const hash = await derive(password, salt, COST);
  return `scrypt:${COST.N}:${COST.r}:${COST.p}:${salt.toString('base64url')}:${hash.toString('base64url')}`;
}

/**
 * Whether a password is the one of a hash. Takes as long for a name that nobody has (`stored` is `null`).
 * @throws AppError `unavailable` if too many wait.
 */
export async function isPassword(password: string, stored: string | null): Promise<boolean> {
  const parts = FORM.exec(stored ?? '');
  const [, N = COST.N, r = COST.r, p = COST.p, salt = '', hash = ''] = parts ?? [];
  const cost = { N: Number(N), r: Number(r), p: Number(p) };
  const given = await derive(password, Buffer.from(salt, 'base64url'), cost);
  const right = Buffer.from(hash, 'base64url');
  return parts !== null && right.length === given.length && timingSafeEqual(right, given);
}

function derive(password: string, salt: Buffer, cost: { N: number; r: number; p: number }): Promise<Buffer> {
  const options = { ...cost, maxmem: MEMORY_MAX };
  return inTurn(() => slowHash(password.normalize('NFKC'), salt, BYTES, options));
}
