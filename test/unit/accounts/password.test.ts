import type * as Crypto from 'node:crypto';
import { expect, test, vi } from 'vitest';
import { hashPassword, isPassword } from '../../../core/accounts/password.ts';

const hashing = vi.hoisted(() => ({ now: 0, most: 0 }));
vi.mock('node:crypto', async (original) => {
  const crypto = await original<typeof Crypto>();
  const scrypt: typeof crypto.scrypt = (password, salt, bytes, options: object, done?: unknown) => {
    hashing.most = Math.max(hashing.most, ++hashing.now);
    crypto.scrypt(password, salt, bytes, options, (error, key) => {
      hashing.now--;
      (done as (error: Error | null, key: Buffer) => void)(error, key);
    });
  };
  return { ...crypto, scrypt };
});

test('a password is kept by a slow hash with a salt of its own, and found by it alone', async () => {
  const [one, other] = await Promise.all([hashPassword('correct horse'), hashPassword('correct horse')]);
  expect(one).toMatch(/^scrypt:65536:8:2:/);
  expect(one).not.toBe(other);
  expect(one).not.toContain('correct');
  expect(await isPassword('correct horse', one)).toBe(true);
  expect(await isPassword('correct horsE', one)).toBe(false);
});

test('of many passwords two are checked at once, a few wait, and the others are refused', async () => {
  const cheap = `scrypt:2:1:1:${'A'.repeat(22)}:${'A'.repeat(43)}`;
  const checks = await Promise.allSettled(Array.from({ length: 30 }, () => isPassword('x', cheap)));
  const refused = checks.filter(({ status }) => status === 'rejected');
  expect(refused).toHaveLength(8);
  expect(refused[0]).toMatchObject({ reason: { code: 'unavailable' } });
  expect(hashing).toEqual({ now: 0, most: 2 });
  expect(await isPassword('x', cheap)).toBe(false);
});
