import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../core/model/clock.ts';
import { openStore } from '../../../core/store/open-store.ts';
import { toldError } from '../../../core/store/sqlite/connection.ts';
import { SqliteStore } from '../../../core/store/sqlite/sqlite-store.ts';
import type { Store } from '../../../core/store/store.ts';
import { QUICK_IMPORTS } from '../../quick-imports.ts';
import { create, Leader, queued, runNo, triggerOf, uidOf } from './fixture.ts';

const CHILD = fileURLToPath(new URL('./child.ts', import.meta.url));

/** A process of `child.ts`; its words arrive one by one. */
interface Child {
  readonly process: ChildProcess;
  word(): Promise<string>;
  words(): Promise<readonly string[]>;
  kill(signal: NodeJS.Signals): void;
  /** Kills it and waits for its end. */
  end(): Promise<void>;
}

describe('the store on SQLite: faults', () => {
  let folder: string;
  let path: string;
  const children: Child[] = [];
  const stores: Store[] = [];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'orch-faults-'));
    path = join(folder, 'orch.db');
  });
  afterEach(async () => {
    for (const child of children.splice(0)) await child.end();
    for (const store of stores.splice(0)) await store.close();
    rmSync(folder, { recursive: true });
  });

  async function open(): Promise<Store> {
    const store = await openStore({ kind: 'sqlite', path, durability: 'normal', clock: systemClock });
    stores.push(store);
    return store;
  }

  function start(what: string, argument = ''): Child {
    const child = spawn(process.execPath, [...QUICK_IMPORTS, CHILD, what, path, argument], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const exited = once(child, 'exit');
    const started: Child = {
      process: child,
      word: async () => String((await lines.next()).value),
      words: async () => {
        const words: string[] = [];
        for (let next = await lines.next(); !next.done; next = await lines.next()) words.push(next.value);
        return words;
      },
      kill: (signal) => void child.kill(signal),
      end: async () => {
        child.kill('SIGKILL');
        await exited;
      },
    };
    children.push(started);
    return started;
  }

  describe('the lead', () => {
    it('is taken over as soon as its holder was killed', async () => {
      const holder = start('lead');
      expect(await holder.word()).toBe('leads 1');
      const waiter = start('wait');
      expect(await waiter.word()).toBe('waiting');
      await holder.end();
      const killedAt = performance.now();
      expect(await waiter.word()).toBe('leads 2');
      expect(performance.now() - killedAt).toBeLessThan(5000);
    });

    it('stays with a stopped process', async () => {
      const holder = start('lead');
      expect(await holder.word()).toBe('leads 1');
      holder.kill('SIGSTOP');
      const store = await open();
      for (let tries = 0; tries < 20; tries += 1) expect(await store.tryLead()).toBeNull();
      expect(await store.leader()).toMatchObject({ epoch: 1, pid: holder.process.pid });
      await holder.end();
      expect((await store.tryLead())?.epoch).toBe(2);
    });

    it('stays with its holder while that process opens and closes other stores', async () => {
      const lease = await (await open()).tryLead();
      const other = await open();
      expect(await other.tryLead()).toBeNull();
      await other.close();
      const rival = start('lead');
      expect(await rival.word()).toBe('refused');
      await lease?.release();
    });
  });

  it('makes a fresh database once, whoever comes first', async () => {
    const all = Array.from({ length: 6 }, () => start('open'));
    expect(await Promise.all(all.map((child) => child.words()))).toEqual(all.map(() => ['tick 0']));
    expect(await (await open()).checkIntegrity()).toEqual([]);
  });

  it('asks for another try while another process writes, and blocks its own loop only shortly', async () => {
    const leader = await Leader.of(await open());
    await leader.tick(create(1));
    const locker = start('lock');
    expect(await locker.word()).toBe('locked');
    const askedAt = performance.now();
    expect(await leader.try(queued(1, 1))).toMatchObject({
      ok: false,
      why: 'retry',
      error: { message: 'database is locked' },
    });
    expect(performance.now() - askedAt).toBeLessThan(1000);
    await locker.end();
    await leader.tick(queued(1, 1));
    expect((await leader.store.journal({})).map(({ seq }) => seq)).toEqual([1, 2]);
  });

  it('goes on with other things while a request waits for whoever writes', async () => {
    const store = await open();
    await store.migrate();
    const writer = new DatabaseSync(path);
    writer.exec('begin immediate');
    const asked = store.ask(triggerOf(uidOf(1)), 1);
    // Nobody could end what waits for this loop, did that wait for it.
    await new Promise((resolve) => setImmediate(resolve));
    writer.exec('rollback');
    expect(await store.answer(await asked)).toBeNull();
    writer.close();
  });

  it('tries a write every 10 ms while another process writes, and gives up after 5 s', async () => {
    await (await open()).migrate();
    const writer = new DatabaseSync(path);
    let mono = 0;
    const paused: number[] = [];
    let onPause = (): void => {};
    const store = SqliteStore.open({
      path,
      durability: 'normal',
      clock: { now: () => 0, mono: () => mono },
      pause: async (ms) => {
        paused.push(ms);
        onPause();
      },
    });
    stores.push(store);
    writer.exec('begin immediate');
    onPause = () => {
      mono += 2_000;
    };
    await expect(store.ask(triggerOf(uidOf(1)), 1)).rejects.toMatchObject({ code: 'unavailable' });
    expect(paused.splice(0)).toEqual([10, 10, 10]);
    onPause = () => writer.exec('rollback');
    expect(await store.answer(await store.ask(triggerOf(uidOf(2)), 1))).toBeNull();
    expect(paused).toEqual([10]);
    writer.close();
  });

  it.each([
    ['no room', 'database or disk is full', 13],
    ['no access', 'unable to open database file', 0x0e | (1 << 8)],
  ])('is unavailable for lack of what may come back: %s', (_name, message, errcode) => {
    const error = Object.assign(new Error(message), { errcode });
    expect(toldError(error)).toMatchObject({ code: 'unavailable', cause: error });
    const defect = Object.assign(new Error('no such table'), { errcode: 1 });
    expect(toldError(defect)).toBe(defect);
  });

  it('has whole ticks only, and all that were acknowledged, however often its writer is killed', async () => {
    let acknowledged = 0;
    for (let round = 0; round < 12; round += 1) {
      const writer = start('write');
      for (let words = 0; words <= round * 7; words += 1) acknowledged = Number(await writer.word());
      writer.kill('SIGKILL');
      const rest = await writer.words();
      acknowledged = Number(rest.at(-1) ?? acknowledged);
      const store = await open();
      expect(await store.checkIntegrity()).toEqual([]);
      const { runNo: newest } = await store.counters();
      expect(newest).toBeGreaterThanOrEqual(acknowledged);
      expect(await store.run(runNo(acknowledged))).toMatchObject({ state: 'success' });
      expect((await store.loadRun(newest))?.instances).toHaveLength(2);
      await store.close();
    }
    expect(acknowledged).toBeGreaterThan(100);
  });

  it('keeps every acknowledged request of a killed asker, beside a leader that commits', async () => {
    const leader = await Leader.of(await open());
    let run = 0;
    for (let round = 0; round < 4; round += 1) {
      const asker = start('ask', String(round * 100_000));
      let last = '';
      for (let words = 0; words < 40; words += 1) {
        last = await asker.word();
        run += 1;
        while (!(await leader.try(create(run))).ok) await new Promise((resolve) => setImmediate(resolve));
      }
      asker.kill('SIGKILL');
      last = (await asker.words()).at(-1) ?? last;
      const asked = (await leader.store.pendingRequests()).map(
        ({ request }) => 'runUid' in request && request.runUid,
      );
      expect(
        asked.some((uid) => uid === `01980000-0000-7000-8000-${Number(last).toString(16).padStart(12, '0')}`),
      ).toBe(true);
    }
    expect(await leader.store.checkIntegrity()).toEqual([]);
  });

  it('has the old schema after a migration was killed in its middle', async () => {
    const leader = await Leader.of(await open());
    await leader.tick(create(1));
    await leader.lease.release();
    const child = start('migrate');
    expect(await child.word()).toBe('migrating');
    await child.end();
    const again = await Leader.of(leader.store);
    await again.tick(queued(1, 1), {
      type: 'progress',
      runNo: runNo(1),
      nodeNo: 1 as never,
      done: 1,
      total: 2,
      step: null,
    });
    expect(await leader.store.checkIntegrity()).toEqual([]);
    const database = new DatabaseSync(path, { readOnly: true });
    expect(database.prepare(`select name from sqlite_schema where name = 'half_done'`).all()).toEqual([]);
    database.close();
  });

  it('refuses with the name of the leader when that one has an older schema', async () => {
    const holder = start('lead');
    await holder.word();
    const clock = { now: () => 0, mono: () => (time += 20_000) };
    let time = 0;
    const { MIGRATIONS } = await import('../../../migrations/index.ts');
    const next = { number: (MIGRATIONS.at(-1)?.number ?? 0) + 1, name: 'next', up: async () => {} };
    const store = await openStore({
      kind: 'sqlite',
      path,
      durability: 'normal',
      clock,
      migrations: [...MIGRATIONS, next],
    });
    stores.push(store);
    await expect(store.migrate()).rejects.toMatchObject({
      code: 'unavailable',
      details: { pid: holder.process.pid ?? 0 },
    });
  });

  it('lets nobody else read its files', async () => {
    const leader = await Leader.of(await open());
    await leader.tick(create(1));
    const names = readdirSync(folder).sort();
    expect(names).toEqual(['leader.beat', 'leader.lock', 'orch.db', 'orch.db-shm', 'orch.db-wal']);
    for (const name of names) expect((statSync(join(folder, name)).mode & 0o777).toString(8)).toBe('600');
  });
});
