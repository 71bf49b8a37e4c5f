import { spawnSync } from 'node:child_process';
import { describe, expect, test, vi } from 'vitest';
import { endAccount } from '../../../core/accounts/keep-accounts.ts';
import type { AccountRecord, TokenRecord } from '../../../core/model/account.ts';
import { systemClock } from '../../../core/model/clock.ts';
import { thisHolder } from '../../../core/store/holder.ts';
import type { Store } from '../../../core/store/store.ts';
import { databases } from './databases.ts';
import { useLedStore } from './led-store.ts';

const HERE = thisHolder(systemClock);
const ANN: AccountRecord = {
  name: 'ann',
  passwordHash: 'scrypt:1',
  grants: [{ dags: 'a*', role: 'operator' }],
  disabled: false,
  createdAt: 5,
  createdBy: 'root',
};

const TOKEN: TokenRecord = {
  tokenId: 't1',
  name: 'ci',
  grants: [{ dags: '*', role: 'viewer' }],
  createdAt: 7,
  createdBy: 'ann',
  expiresAt: null,
  usedAt: null,
  revokedAt: null,
};

describe.each(databases)('who may use the API, on $name', ({ newPlace }) => {
  let store: Store;
  useLedStore(newPlace, (led) => {
    store = led.store;
  });

  const save = (account: AccountRecord) => store.accounts.changeAccount(account.name, () => account);

  test('accounts are kept, changed and removed', async () => {
    const { accounts } = store;
    await save(ANN);
    await save({ ...ANN, name: 'Bob', passwordHash: null });
    expect(await accounts.account('ann')).toEqual(ANN);
    expect((await accounts.accounts()).map(({ name }) => name)).toEqual(['Bob', 'ann']);
    await save({ ...ANN, grants: [], createdAt: 99 });
    expect(await accounts.account('ann')).toEqual({ ...ANN, grants: [] });
    const end = async () => (await accounts.changeAccount('ann', () => null)).before;
    expect([await end(), await end()]).toEqual([{ ...ANN, grants: [] }, null]);
    expect(await accounts.account('ann')).toBeNull();
  });

  test('rights that cannot be read are none, and cost nobody else', async () => {
    const { accounts } = store;
    const right = { dags: 'a', role: 'viewer' } as const;
    await accounts.saveToken({ ...TOKEN, grants: ['king'] as never }, 'h1');
    await accounts.saveToken(
      { ...TOKEN, tokenId: 't2', grants: [null, { dags: 'a' }, right] as never },
      'h2',
    );
    expect((await accounts.tokens()).map(({ grants }) => grants)).toEqual([[], [right]]);
    await save(ANN);
    expect(await accounts.account('ann')).toEqual(ANN);
  });

  test('of two admins who remove each other at once one stays', async () => {
    const admin = { ...ANN, grants: [{ dags: '*', role: 'admin' }] as const };
    await save(admin);
    await save({ ...admin, name: 'bob' });
    const ends = await Promise.allSettled(['ann', 'bob'].map((name) => endAccount(store.accounts, name, 9)));
    expect(ends.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(await store.accounts.accounts()).toHaveLength(1);
  });

  test('a login ends with its time, with a new password, with its account and by itself', async () => {
    const { accounts } = store;
    const isIn = async (at = 11) => (await accounts.loggedIn('h', at))?.name ?? null;
    const logIn = (account = ANN) => accounts.logIn(account, 'h', 10, 20);
    await save(ANN);
    expect(await logIn()).toBe(true);
    const readAll = vi.spyOn(accounts, 'accounts');
    expect([await isIn(19), await isIn(20)]).toEqual(['ann', null]);
    expect(readAll).not.toHaveBeenCalled();
    await save({ ...ANN, grants: [] });
    expect(await isIn()).toBe('ann');
    await save({ ...ANN, passwordHash: 'scrypt:2' });
    expect(await isIn()).toBeNull();
    const anew = { ...ANN, passwordHash: 'scrypt:2' };
    await logIn(anew);
    await save({ ...anew, disabled: true });
    expect(await isIn()).toBeNull();
    await save(anew);
    expect(await isIn()).toBeNull();
    await logIn(anew);
    await accounts.logOut('h');
    expect(await isIn()).toBeNull();
    await logIn(anew);
    await accounts.changeAccount('ann', () => null);
    expect(await isIn()).toBeNull();
  });

  test('nobody logs in as an account that has changed since its password was looked at', async () => {
    const { accounts } = store;
    const logIn = () => accounts.logIn(ANN, 'h', 10, 20);
    expect(await logIn()).toBe(false);
    await save({ ...ANN, passwordHash: 'scrypt:2' });
    expect(await logIn()).toBe(false);
    await save({ ...ANN, disabled: true });
    expect(await logIn()).toBe(false);
    await save({ ...ANN, grants: [] });
    expect([await accounts.loggedIn('h', 11), await logIn()]).toEqual([null, true]);
  });

  test('tokens are found by their hash, used, and ended once', async () => {
    const { accounts } = store;
    await accounts.saveToken(TOKEN, 'hash');
    expect(await accounts.tokenByHash('hash')).toEqual(TOKEN);
    expect(await accounts.tokenByHash('other')).toBeNull();
    await accounts.tokenUsed('t1', 8);
    expect([await accounts.revokeToken('t1', 9), await accounts.revokeToken('t1', 10)]).toEqual([
      true,
      false,
    ]);
    expect(await accounts.tokens()).toEqual([{ ...TOKEN, usedAt: 8, revokedAt: 9 }]);
  });

  test('the audit log has what began, and what came of it', async () => {
    const { audit } = store;
    const entry = { at: 1, actor: 'ann', action: 'triggerRun', target: 'dagId=a', requestId: 'r' };
    const first = await audit.began(entry);
    const second = await audit.began({ ...entry, actor: 'bob', action: 'cancelRun' });
    await audit.ended(first, 201);
    expect(await audit.entries({ limit: 5 })).toEqual([
      { auditNo: second, ...entry, actor: 'bob', action: 'cancelRun', status: null },
      { auditNo: first, ...entry, status: 201 },
    ]);
    expect(await audit.entries({ limit: 5, actor: 'ann' })).toHaveLength(1);
    expect(await audit.entries({ limit: 5, action: 'cancelRun', before: second })).toEqual([]);
  });

  test('a key is one request: claimed, answered, given back, and lost with who had it', async () => {
    const { replies } = store;
    const claim = (fingerprint = 'f', at = 100) =>
      replies.claim({ key: 'k', fingerprint, at, holder: HERE, lostAfterMs: 50 });
    expect(await claim()).toEqual({ state: 'mine' });
    expect(await claim('f', 149)).toEqual({ state: 'under way' });
    expect(await claim('g')).toEqual({ state: 'other' });
    expect(await claim('f', 150)).toEqual({ state: 'mine' });
    expect(await claim('f', 151)).toEqual({ state: 'under way' });
    await replies.settle('k', null);
    expect(await claim()).toEqual({ state: 'mine' });
    const reply = { status: 201, type: 'application/json', body: '{}' };
    await replies.settle('k', reply);
    expect(await claim('f', 9_999)).toEqual({ state: 'answered', reply });
    await replies.forget(101);
    expect(await claim('g')).toEqual({ state: 'mine' });
  });

  // Elsewhere nothing tells that a process is gone.
  test.runIf(process.platform === 'linux')('a key is given on at once if who had it is gone', async () => {
    const { pid } = spawnSync(process.execPath, ['--version']);
    const gone = JSON.stringify({ ...JSON.parse(HERE), pid });
    const claim = (holder: string) =>
      store.replies.claim({ key: 'k', fingerprint: 'f', at: 1, holder, lostAfterMs: 50 });
    expect(await claim(gone)).toEqual({ state: 'mine' });
    expect(await claim(HERE)).toEqual({ state: 'mine' });
    expect(await claim(HERE)).toEqual({ state: 'under way' });
  });

  test('of claims of one key at once one gets it', async () => {
    const claims = Array.from({ length: 8 }, async () =>
      store.replies.claim({ key: 'k', fingerprint: 'f', at: 1, holder: HERE, lostAfterMs: 50 }),
    );
    const states = (await Promise.all(claims)).map(({ state }) => state);
    expect(states.filter((state) => state === 'mine')).toHaveLength(1);
    expect(states.filter((state) => state === 'under way')).toHaveLength(7);
  });
});
