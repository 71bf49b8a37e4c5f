import { expect, test } from 'vitest';
import { fewAtOnce } from '../../../core/accounts/few-at-once.ts';
import { hashPassword, isPassword } from '../../../core/accounts/password.ts';

test('a password is kept by a slow hash with a salt of its own, and found by it alone', async () => {
  const [one, other] = await Promise.all([hashPassword('correct horse'), hashPassword('correct horse')]);
  expect(one).toMatch(/^scrypt:65536:8:2:/);
  expect(one).not.toBe(other);
  expect(one).not.toContain('correct');
  expect(await isPassword('correct horse', one)).toBe(true);
  expect(await isPassword('correct horsE', one)).toBe(false);
});

test('of many passwords at once those beyond a few are refused, and the next one is checked', async () => {
  const cheap = `scrypt:2:1:1:${'A'.repeat(22)}:${'A'.repeat(43)}`;
  const checks = await Promise.allSettled(Array.from({ length: 30 }, () => isPassword('x', cheap)));
  const refused = checks.filter(({ status }) => status === 'rejected');
  expect(refused).toHaveLength(8);
  expect(refused[0]).toMatchObject({ reason: { code: 'unavailable' } });
  expect(await isPassword('x', cheap)).toBe(false);
});

test('some work is done at once, some waits, and the rest is refused', async () => {
  const inTurn = fewAtOnce(2, 3, 'too much');
  const begun: PromiseWithResolvers<void>[] = [];
  const work = (): Promise<void> => {
    const one = Promise.withResolvers<void>();
    begun.push(one);
    return one.promise;
  };
  const all = Array.from({ length: 6 }, () => inTurn(work));
  await expect(all[5]).rejects.toMatchObject({ code: 'unavailable', message: 'too much' });
  expect(begun).toHaveLength(2);
  begun[1]?.reject(new Error('it failed'));
  await expect(all[1]).rejects.toThrow('it failed');
  await new Promise(setImmediate);
  expect(begun).toHaveLength(3);
  for (let at = 0; at < 5; at++) {
    begun[at]?.resolve();
    await all[at]?.catch(() => undefined);
  }
  expect(begun).toHaveLength(5);
});
