import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MIGRATIONS } from '../../../migrations/index.ts';
import type { Migration } from '../../../migrations/migration.ts';
import { databases, type StorePlace } from './databases.ts';
import { create, Leader, runNo, T0, versionOf } from './fixture.ts';

const next: Migration = {
  number: (MIGRATIONS.at(-1)?.number ?? 0) + 1,
  name: 'test-only',
  up: async (db) => {
    await sql`create table test_only (id integer primary key)`.execute(db);
  },
};
const broken: Migration = {
  ...next,
  up: async (db, dialect) => {
    await next.up(db, dialect);
    throw new Error('a defect in a migration');
  },
};

describe.each(databases)('leadership and migrations on $name', ({ newPlace }) => {
  let place: StorePlace;
  beforeEach(async () => {
    place = await newPlace();
  });
  afterEach(() => place.close());

  describe('the lead', () => {
    it('belongs to one store at a time, and passes on at once when it is given back', async () => {
      const [a, b] = [await place.open(), await place.open()];
      await a.migrate();
      const first = await a.tryLead();
      expect(first?.epoch).toBe(1);
      expect(await b.tryLead()).toBeNull();
      expect(await a.tryLead()).toBeNull();
      expect(await b.leader()).toMatchObject({ epoch: 1, pid: process.pid });
      await first?.release();
      expect(await b.leader()).toBeNull();
      const second = await b.tryLead();
      expect(second?.epoch).toBe(2);
      expect(await a.tryLead()).toBeNull();
    });

    it('passes on when its holder closes the store', async () => {
      const [a, b] = [await place.open(), await place.open()];
      await a.tryLead();
      await a.close();
      expect((await b.tryLead())?.epoch).toBe(2);
    });

    it('fences a leader that lost it without knowing', async () => {
      const [a, b] = [await place.open(), await place.open()];
      const old = await Leader.of(a);
      await old.tick(create(1));
      await place.freeLead();
      const young = await Leader.of(b);
      expect(young.lease.epoch).toBe(old.lease.epoch + 1);
      expect(await old.try(create(2))).toEqual({ ok: false, why: 'fenced' });
      await old.lease.lost;
      await expect(a.saveVersion(old.lease, versionOf('prices', 'g9'))).rejects.toMatchObject({
        code: 'unavailable',
      });
      await young.tick(create(3));
      expect(await b.run(runNo(2))).toBeNull();
      await old.lease.release();
      expect(await a.tryLead()).toBeNull();
      await young.tick(create(4));
    });

    it('does not let a released lease write', async () => {
      const store = await place.open();
      const leader = await Leader.of(store);
      await leader.lease.release();
      expect(await leader.try(create(1))).toEqual({ ok: false, why: 'fenced' });
    });

    it('goes on with the numbers of the leader before', async () => {
      const [a, b] = [await place.open(), await place.open()];
      const old = await Leader.of(a);
      await old.tick(create(1));
      await old.lease.release();
      const young = await Leader.of(b);
      expect(await b.counters()).toEqual({ runNo: 1, tick: 1, epoch: 2 });
      await young.tick(create(2));
      expect((await a.journal({})).map(({ seq, epoch }) => [seq, epoch])).toEqual([
        [1, 1],
        [2, 2],
      ]);
    });
  });

  describe('migrations', () => {
    it('are applied once by many stores that open at once', async () => {
      const stores = await Promise.all(Array.from({ length: 4 }, () => place.open()));
      await Promise.all(stores.map((store) => store.migrate()));
      for (const store of stores) expect(await store.counters()).toEqual({ runNo: 0, tick: 0, epoch: 0 });
    });

    it('refuse a database that is newer than the code', async () => {
      const young = await place.open({ migrations: [...MIGRATIONS, next] });
      await young.migrate();
      const old = await place.open();
      await expect(old.migrate()).rejects.toMatchObject({
        code: 'conflict',
        details: { found: next.number },
      });
      await expect(old.tryLead()).rejects.toMatchObject({ code: 'conflict' });
    });

    it('fence a leader whose schema was changed under it', async () => {
      const old = await Leader.of(await place.open());
      await place.freeLead();
      await (await place.open({ migrations: [...MIGRATIONS, next] })).migrate();
      expect(await old.try(create(1))).toEqual({ ok: false, why: 'fenced' });
    });

    it('leave the old schema when one fails', async () => {
      const store = await place.open();
      const leader = await Leader.of(store);
      await leader.tick(create(1));
      await leader.lease.release();
      const failing = await place.open({ migrations: [...MIGRATIONS, broken] });
      await expect(failing.migrate()).rejects.toThrow('a defect in a migration');
      expect(await store.run(runNo(1))).toMatchObject({ createdAt: T0 });
      await (await Leader.of(store)).tick(create(2));
      await expect(place.execute('select * from test_only')).rejects.toThrow();
    });
  });
});
