import { expect, test } from 'vitest';
import { hashPassword, isPassword } from '../../../core/accounts/password.ts';

test('a password is kept by a slow hash with a salt of its own, and found by it alone', async () => {
  const [one, other] = await Promise.all([hashPassword('correct horse'), hashPassword('correct horse')]);
  expect(one).toMatch(/^scrypt:65536:8:2:/);
  expect(one).not.toBe(other);
  expect(one).not.toContain('correct');
  expect(await isPassword('correct horse', one)).toBe(true);
  expect(await isPassword('correct horsE', one)).toBe(false);
});
