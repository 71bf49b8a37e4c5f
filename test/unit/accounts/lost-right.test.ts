import { expect, test } from 'vitest';
import { lostRight, type Maker } from '../../../core/accounts/lost-right.ts';
import type { AccountRecord, TokenRecord } from '../../../core/model/account.ts';

const MADE = 1_000;
const NOW = 2_000;
const grants = [{ dags: 'pri*', role: 'operator' }] as const;
const ANN: AccountRecord = {
  ...{ name: 'ann', passwordHash: null, grants, disabled: false, createdAt: 1, createdBy: 'root' },
};
const CI: TokenRecord = {
  ...{ tokenId: 't1', name: 'ci', grants, createdAt: 1, createdBy: 'ann', expiresAt: null },
  ...{ usedAt: null, revokedAt: null },
};

/** Whose, what there is of them, and what is said of it. */
const rows: readonly [string, Maker, string | null][] = [
  ['account:ann', ANN, null],
  ['account:ann', { ...ANN, createdAt: MADE }, null],
  ['account:ann', { ...ANN, grants: [{ dags: '*', role: 'admin' }] }, null],
  ['account:ann', null, 'account ann, by whose right it runs, is not there any more'],
  [
    'account:ann',
    { ...ANN, createdAt: MADE + 1 },
    'account ann, by whose right it runs, is another one by now',
  ],
  ['account:ann', { ...ANN, disabled: true }, 'account ann, by whose right it runs, is disabled'],
  [
    'account:ann',
    { ...ANN, grants: [{ dags: 'prices', role: 'viewer' }] },
    'account ann, by whose right it runs, has no role for that any more',
  ],
  [
    'account:ann',
    { ...ANN, grants: [{ dags: 'other', role: 'admin' }] },
    'account ann, by whose right it runs, has no role for that any more',
  ],
  ['token:t1', CI, null],
  ['token:t1', { ...CI, expiresAt: NOW + 1 }, null],
  ['token:t1', { ...CI, expiresAt: NOW }, 'token ci, by whose right it runs, has expired'],
  ['token:t1', { ...CI, revokedAt: 1 }, 'token ci, by whose right it runs, is revoked'],
  ['token:t1', null, 'token t1, by whose right it runs, is not there any more'],
];
test.each(rows)('a schedule of %s, which is %j: %s', (principal, found, why) => {
  const maker = { principal, since: MADE };
  const lost = lostRight({ scheduleId: 's1', dagId: 'prices', maker }, found, NOW);
  const text = why === null ? null : `Ad-hoc schedule s1 of DAG prices starts nothing: ${why}.`;
  expect(lost?.text ?? null).toBe(text);
});

test('one that was made where nobody logs in goes on', () => {
  expect(lostRight({ scheduleId: 's1', dagId: 'prices', maker: null }, null, NOW)).toBeNull();
});
