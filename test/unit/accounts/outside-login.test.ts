import { expect, test } from 'vitest';
import { grantsOf } from '../../../core/accounts/outside-login.ts';
import type { Grant, Role } from '../../../core/model/account.ts';

const grant = (dags: string, role: Role): Grant => ({ dags, role });
const rules = {
  nameClaim: 'name',
  rolesClaim: 'groups',
  roles: new Map([
    ['all', grant('*', 'viewer')],
    ['boss', grant('*', 'admin')],
    ['market', grant('market_*', 'operator')],
    ['quants', grant('market_*', 'author')],
    ['one', grant('one', 'operator')],
  ]),
};

test.each([
  [['all', 'boss'], [grant('*', 'admin')]],
  [['boss', 'all'], [grant('*', 'admin')]],
  [
    ['all', 'market', 'one'],
    [grant('*', 'viewer'), grant('market_*', 'operator'), grant('one', 'operator')],
  ],
  [['market', 'quants', 'market'], [grant('market_*', 'author')]],
  [['Market', 7, null], []],
  ['market', [grant('market_*', 'operator')]],
])('the groups %j give %j', (groups, given) => {
  expect(grantsOf({ groups }, rules)).toEqual(given);
});
