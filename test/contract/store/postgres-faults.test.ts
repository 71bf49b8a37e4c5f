import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../../core/model/clock.ts';
import { PostgresStore, type PostgresStoreOptions } from '../../../core/store/postgres/postgres-store.ts';
import { systemTimers, type Timers } from '../../../core/store/timers.ts';
import { startProxy, type TcpProxy } from '../../postgres/tcp-proxy.ts';
import { postgres } from './databases.ts';
import { create, Leader, nodeNo, queued, runNo, succeeded, T0, versionOf } from './fixture.ts';
import { dumpPostgres } from './schema-dump.ts';

/** Timers that never fire: what a stopped process has. */
const stoppedTimers: Timers = { delay: () => new Promise(() => {}) };
let places = 0;

describe.each(postgres)('faults of $name', ({ url }) => {
  let proxy: TcpProxy;
  let admin: pg.Client;
  let schema: string;
  const stores: PostgresStore[] = [];

  beforeEach(async () => {
    places += 1;
    schema = `faults_${places}`;
    proxy = await startProxy(Number(new URL(url).port));
    admin = new pg.Client({ connectionString: url, options: `-c search_path=${schema}` });
    await admin.connect();
  });
  afterEach(async () => {
    proxy.fault = 'none';
    for (const store of stores.splice(0)) await store.close();
    await admin.end();
    await proxy.close();
  });

  function open(options: Partial<PostgresStoreOptions> = {}): PostgresStore {
    const store = PostgresStore.open({ url, schema, clock: systemClock, ...options });
    stores.push(store);
    return store;
  }
  function openThroughProxy(options: Partial<PostgresStoreOptions> = {}): PostgresStore {
    const through = new URL(url);
    through.port = String(proxy.port);
    return open({ url: through.href, ...options });
  }

  describe('a commit', () => {
    it('is one round trip', async () => {
      const leader = await Leader.of(open());
      await leader.tick(create(1, { state: 'running' }));
      const query = vi.spyOn(pg.Client.prototype, 'query');
      await leader.tick(queued(1, 1), create(2), {
        type: 'note',
        runNo: null,
        nodeNo: null,
        tryNo: null,
        code: 'shutdown',
        facts: null,
      });
      expect(query).toHaveBeenCalledTimes(1);
      query.mockRestore();
    });

    it('is known to be there when its answer is lost', async () => {
      const leader = await Leader.of(openThroughProxy());
      await leader.tick(create(1, { state: 'running' }));
      proxy.fault = 'lose answer';
      await leader.tick(queued(1, 1));
      await leader.tick(succeeded(1, 1));
      const lines = await leader.store.journal({});
      expect(lines.map(({ seq, to }) => [seq, to])).toEqual([
        [1, 'running'],
        [2, 'queued'],
        [3, 'success'],
      ]);
    });

    it('is known not to be there when its request is lost', async () => {
      const leader = await Leader.of(openThroughProxy());
      await leader.tick(create(1, { state: 'running' }));
      proxy.fault = 'lose request';
      expect(await leader.try(queued(1, 1))).toMatchObject({ ok: false, why: 'retry' });
      expect(await leader.store.instances(runNo(1))).toEqual([]);
      await leader.tick(queued(1, 1));
    });

    it('cannot come back once it was given up', async () => {
      const leader = await Leader.of(openThroughProxy());
      await leader.tick(create(1, { state: 'running' }));
      proxy.fault = 'hold request';
      expect(await leader.try(queued(1, 1))).toMatchObject({ ok: false, why: 'retry' });
      await proxy.deliver();
      expect(await leader.store.instances(runNo(1))).toEqual([]);
      await leader.tick(queued(1, 1));
      expect(await leader.store.journal({ afterSeq: 1 })).toMatchObject([{ seq: 2, to: 'queued' }]);
    });

    it('outlives the end of its connection between ticks', async () => {
      const leader = await Leader.of(open());
      await leader.tick(create(1, { state: 'running' }));
      const others = `select pg_terminate_backend(pid) from pg_stat_activity
        where pid <> pg_backend_pid() and backend_type = 'client backend'`;
      await admin.query(others);
      for (let tries = 0; ; tries += 1) {
        const result = await leader.try(queued(1, 1));
        if (result.ok) break;
        expect(result.why).toBe('retry');
        expect(tries).toBeLessThan(5);
      }
      expect(await leader.store.instances(runNo(1))).toHaveLength(1);
    });

    it('asks for another try while the lease row is locked', async () => {
      const leader = await Leader.of(open());
      await admin.query('begin; update lease set epoch = epoch');
      expect(await leader.try(create(1))).toMatchObject({
        ok: false,
        why: 'retry',
        error: { code: '55P03' },
      });
      await admin.query('rollback');
      await leader.tick(create(1));
    });

    it('ends fenced when the server stays away longer than the lease', async () => {
      const cut = Promise.withResolvers<void>();
      const timers: Timers = {
        delay: (ms, signal) => cut.promise.then(() => systemTimers.delay(ms, signal)),
      };
      const leader = await Leader.of(openThroughProxy({ leaseTtlMs: 300, leaseHoldMs: 300, timers }));
      await leader.tick(create(1));
      proxy.fault = 'lose answer';
      const struck = proxy.struck();
      const result = leader.try(create(2));
      await struck;
      proxy.fault = 'away';
      cut.resolve();
      expect(await result).toEqual({ ok: false, why: 'fenced' });
      await leader.lease.lost;
    });

    it('waits for the end of the one before', async () => {
      const leader = await Leader.of(open());
      const first = leader.try(create(1));
      await expect(leader.try(create(2))).rejects.toMatchObject({ code: 'internal' });
      expect(await first).toEqual({ ok: true });
    });
  });

  describe('the lease', () => {
    it('passes on when its holder does not renew it, and not before', async () => {
      const stopped = await Leader.of(open({ leaseTtlMs: 400, timers: stoppedTimers }));
      const rival = open();
      expect(await rival.tryLead()).toBeNull();
      const expiresAt = Number((await admin.query('select expires_at from lease')).rows[0].expires_at);
      const databaseNow = async () =>
        Number(
          (await admin.query('select (extract(epoch from clock_timestamp()) * 1000)::int8 as now')).rows[0]
            .now,
        );
      let taken = await rival.tryLead();
      for (; taken === null; taken = await rival.tryLead())
        await new Promise((resolve) => setTimeout(resolve, 5));
      expect(await databaseNow()).toBeGreaterThanOrEqual(expiresAt);
      expect(taken.epoch).toBe(2);
      expect(await stopped.try(create(1))).toEqual({ ok: false, why: 'fenced' });
      await stopped.lease.lost;
      await expect(stopped.store.saveVersion(stopped.lease, versionOf('x'))).rejects.toMatchObject({
        code: 'unavailable',
      });
    });

    it('is renewed before it ends', async () => {
      let delays = 0;
      let renewedTwice = (): void => {};
      const twice = new Promise<void>((resolve) => {
        renewedTwice = resolve;
      });
      const timers: Timers = {
        delay: (ms, signal) => {
          delays += 1;
          if (delays === 3) renewedTwice();
          return delays < 3 ? systemTimers.delay(ms / 100, signal) : new Promise(() => {});
        },
      };
      const holder = open({ leaseTtlMs: 3000, timers });
      const lease = await holder.tryLead();
      const expiry = async () =>
        Number((await admin.query('select expires_at from lease')).rows[0].expires_at);
      await twice;
      expect(await expiry()).toBeGreaterThan(Date.now() + 2000);
      expect(await open().tryLead()).toBeNull();
      expect(lease?.epoch).toBe(1);
    });

    it('does not run out before its server was up for as long', async () => {
      await Leader.of(open({ leaseTtlMs: 10, timers: stoppedTimers }));
      const [patient, hasty] = [open({ leaseTtlMs: 3_600_000 }), open({ leaseTtlMs: 10 })];
      await admin.query('update lease set expires_at = 0');
      expect(await patient.tryLead()).toBeNull();
      expect((await hasty.tryLead())?.epoch).toBe(2);
    });

    it('says for how long attempts may live, here and where a leader that was cut off is', async () => {
      const held: number[] = [];
      const timing = { leaseTtlMs: 50, leaseHoldMs: 5_000 };
      const first = await open({ ...timing, timers: stoppedTimers }).tryLead();
      first?.hold((ms) => held.push(ms));
      expect(held.length).toBe(1);
      expect(held[0]).toBeGreaterThan(1_000);
      expect(held[0]).toBeLessThanOrEqual(5_000);
      expect(first?.heldOverMs).toBe(0);
      const rival = open(timing);
      let second = await rival.tryLead();
      for (; second === null; second = await rival.tryLead())
        await new Promise((resolve) => setTimeout(resolve, 5));
      expect(second.heldOverMs).toBeGreaterThanOrEqual(4_950);
      await new Promise<void>((resolve) => {
        let told = 0;
        second?.hold(() => ++told === 3 && resolve());
      });
      await second.release();
      expect((await open().tryLead())?.heldOverMs).toBe(0);
    });

    it('tells for how long its holder has given no sign, however often that renews it', async () => {
      const store = open({ leaseTtlMs: 60, leaseHoldMs: 60_000 });
      const lease = await store.tryLead();
      const silentMs = async () => (await store.leader())?.silentMs ?? Number.NaN;
      const renewed = async () => {
        for (let told = 0; told < 3; )
          await new Promise<void>((resolve) => lease?.hold(() => ++told >= 3 && resolve()));
      };
      expect(await silentMs()).toBeLessThan(60_000);
      await admin.query('update lease set progress_at = progress_at - 60000');
      await renewed();
      expect(await silentMs()).toBeGreaterThanOrEqual(60_000);
      lease?.beat();
      await renewed();
      expect(await silentMs()).toBeLessThan(60_000);
    });

    it('is known to be lost when renewing finds another epoch', async () => {
      const lease = await open({ leaseTtlMs: 60 }).tryLead();
      await admin.query('update lease set epoch = epoch + 1');
      await lease?.lost;
    });

    it('is known to be lost when the server stays away', async () => {
      const lease = await openThroughProxy({ leaseTtlMs: 300, leaseHoldMs: 300 }).tryLead();
      proxy.fault = 'away';
      await lease?.lost;
    });
  });

  it('refuses to migrate under a leader of an older schema, and names it', async () => {
    await open().tryLead();
    const { MIGRATIONS } = await import('../../../migrations/index.ts');
    const next = { number: (MIGRATIONS.at(-1)?.number ?? 0) + 1, name: 'next', up: async () => {} };
    const young = open({ migrations: [...MIGRATIONS, next] });
    await expect(young.tryLead()).rejects.toMatchObject({
      code: 'unavailable',
      details: { pid: process.pid },
    });
  });

  it('has the schema of the snapshot', async () => {
    await open().migrate();
    await expect(await dumpPostgres(admin, schema)).toMatchFileSnapshot(
      '../../../migrations/schema.postgres.sql',
    );
  });

  it('goes by the index in the statement of a tick, however the tables look', async () => {
    const leader = await Leader.of(open());
    await leader.tick(create(1, { state: 'running' }));
    const nodes = Array.from({ length: 5000 }, (_, index) => index + 1);
    await leader.tick(...nodes.map((node) => queued(1, node)));
    const before = await scans(admin, schema);
    for (const node of nodes.slice(0, 20)) await leader.tick(succeeded(1, node));
    await leader.lease.release();
    await vi.waitFor(
      async () => {
        const after = await scans(admin, schema);
        expect(after.byIndex - before.byIndex).toBeGreaterThanOrEqual(20);
        // Making the index of the key is a scan, which the server may count late.
        expect(after.sequential).toBeLessThanOrEqual(1);
      },
      { timeout: 10_000 },
    );
  });

  it.each(['Upper', 'a;b', ''])('refuses %j as a schema', (name) => {
    expect(() => PostgresStore.open({ url, schema: name, clock: systemClock })).toThrow('cannot be a schema');
  });

  it('stores what no text column of PostgreSQL takes as it is', async () => {
    const leader = await Leader.of(open());
    await leader.tick(create(1, { state: 'running', params: { a: '\0 \ud800' } }), queued(1, 1));
    await leader.tick({
      type: 'metric',
      runNo: runNo(1),
      nodeNo: nodeNo(1),
      tryNo: 1 as never,
      name: '\0',
      value: 1e300,
      at: T0,
    });
    expect((await leader.store.run(runNo(1)))?.params).toEqual({ a: '\0 \ud800' });
  });
});

async function scans(
  admin: pg.Client,
  schema: string,
): Promise<{ readonly sequential: number; readonly byIndex: number }> {
  const query = `select seq_scan, idx_scan from pg_stat_user_tables
    where schemaname = $1 and relname = 'task_instance'`;
  const { rows } = await admin.query(query, [schema]);
  return { sequential: Number(rows[0].seq_scan), byIndex: Number(rows[0].idx_scan) };
}
