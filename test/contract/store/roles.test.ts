import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../core/model/clock.ts';
import { PostgresStore } from '../../../core/store/postgres/postgres-store.ts';
import { MIGRATIONS } from '../../../migrations/index.ts';
import { postgres } from './databases.ts';
import { create, Leader, queued, succeeded, triggerOf, uidOf } from './fixture.ts';

const GRANTS = { dags: '*', role: 'admin' } as const;
const ANN = {
  name: 'ann',
  passwordHash: null,
  grants: [GRANTS],
  disabled: false,
  createdAt: 1,
  createdBy: 'root',
};

// The statements of docs/operations.md, for a schema of its own.
describe.each(postgres)('two users of $name', ({ url }) => {
  const schema = `roles_${process.pid}`;
  const [owner, server] = [`${schema}_owner`, `${schema}_server`];
  const stores: PostgresStore[] = [];
  let admin: pg.Client;

  beforeEach(async () => {
    admin = new pg.Client({ connectionString: url });
    await admin.connect();
    await admin.query(`
      create role ${owner} login;
      create role ${server} login;
      create schema ${schema} authorization ${owner};
      grant usage on schema ${schema} to ${server};
      alter default privileges for role ${owner} in schema ${schema}
        grant select, insert, update, delete on tables to ${server};
      alter default privileges for role ${owner} in schema ${schema}
        grant execute on functions to ${server};`);
  });
  afterEach(async () => {
    for (const store of stores.splice(0)) await store.close();
    await admin.query(`reset role; drop schema ${schema} cascade; drop owned by ${owner}, ${server};
      drop role ${owner}; drop role ${server};`);
    await admin.end();
  });

  function as(user: string, migrations = MIGRATIONS): PostgresStore {
    const place = new URL(url);
    place.username = user;
    const store = PostgresStore.open({ url: place.href, schema, clock: systemClock, migrations });
    stores.push(store);
    return store;
  }
  const refusal = {
    code: 'unavailable',
    message: expect.stringContaining("run 'orch doctor' once as the user"),
  };

  it('one makes the tables, the other leads and serves without a right to change them', async () => {
    await expect(as(server).migrate()).rejects.toMatchObject(refusal);
    await as(owner, MIGRATIONS.slice(0, -1)).migrate();
    await expect(as(server).tryLead()).rejects.toMatchObject(refusal);
    await as(owner).migrate();

    const leader = await Leader.of(as(server));
    const { store, lease } = leader;
    await leader.tick(create(1, { state: 'running' }), queued(1, 1));
    await leader.tick(succeeded(1, 1));
    await store.ask(triggerOf(uidOf(2)), 1);
    await store.accounts.changeAccount('ann', () => ANN);
    const entry = { at: 1, actor: 'ann', action: 'logIn', target: 'ann', requestId: 'r' };
    await store.audit.ended(await store.audit.began(entry), 200);
    expect(await store.checkIntegrity()).toEqual([]);
    await store.purgeRequests(lease, 2);
    await lease.release();

    await admin.query(`set role ${server}; set search_path = ${schema}`);
    for (const change of [
      'create table x (n int)',
      'drop table lease',
      'truncate lease',
      'alter table lease add n int',
    ])
      await expect(admin.query(change), change).rejects.toMatchObject({ code: '42501' });
    await admin.query('reset role');
  });
});
