import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../core/model/clock.ts';
import { channelOf, FALLBACK_MS } from '../../../core/store/postgres/listener.ts';
import { PostgresStore } from '../../../core/store/postgres/postgres-store.ts';
import type { Listening, Store, Wakes } from '../../../core/store/store.ts';
import { systemTimers, type Timers } from '../../../core/store/timers.ts';
import { databases, postgres, type StorePlace } from './databases.ts';
import { create, Leader, T0, triggerOf, uidOf } from './fixture.ts';

/** Counts wakes, and lets a test wait for one more. */
class Ear implements Wakes {
  readonly heard = { asked: 0, written: 0, freed: 0 };
  #waiting: (() => void)[] = [];
  asked(): void {
    this.#hear('asked');
  }
  written(): void {
    this.#hear('written');
  }
  freed(): void {
    this.#hear('freed');
  }
  /** Resolves once something was heard so many times. */
  async until(what: keyof Ear['heard'], times: number): Promise<void> {
    while (this.heard[what] < times) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }
  #hear(what: keyof Ear['heard']): void {
    this.heard[what] += 1;
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

describe.each(databases)('listening on $name', ({ newPlace }) => {
  let place: StorePlace;
  let listening: Listening | null = null;
  beforeEach(async () => {
    place = await newPlace();
  });
  afterEach(async () => {
    await listening?.close();
    await place.close();
  });

  it('hears of requests and of ticks that another handle writes', async () => {
    const [mine, other] = [await place.open(), await place.open()];
    await mine.migrate();
    const ear = new Ear();
    listening = mine.listen(ear);
    const asked = ear.heard.asked;
    await other.ask(triggerOf(uidOf(1)), T0);
    await ear.until('asked', asked + 1);
    const leader = await Leader.of(other);
    const theirs = other.listen(new Ear());
    const written = ear.heard.written;
    await leader.tick(create(1));
    theirs.tell();
    await ear.until('written', written + 1);
    await theirs.close();
  });

  it('hears nothing once it is closed', async () => {
    const [mine, other] = [await place.open(), await place.open()];
    await mine.migrate();
    const [closed, open] = [new Ear(), new Ear()];
    await mine.listen(closed).close();
    const heard = { ...closed.heard };
    listening = other.listen(open);
    const asked = open.heard.asked;
    await mine.ask(triggerOf(uidOf(1)), T0);
    await open.until('asked', asked + 1);
    expect(closed.heard).toEqual(heard);
  });
});

/** The timers of this machine without the fallback, and which waits were asked for. */
function withoutFallback(): Timers & { readonly asked: number[] } {
  const asked: number[] = [];
  return {
    asked,
    delay: (ms, signal) => {
      asked.push(ms);
      if (ms < FALLBACK_MS || signal.aborted) return systemTimers.delay(ms, signal);
      return new Promise((resolve) => signal.addEventListener('abort', () => resolve()));
    },
  };
}

let schemas = 0;

describe.each(postgres)('listening with LISTEN on $name', ({ url }) => {
  let admin: pg.Client;
  const open: (Store | Listening)[] = [];
  beforeEach(async () => {
    admin = new pg.Client({ connectionString: url });
    await admin.connect();
  });
  afterEach(async () => {
    for (const one of open.splice(0).reverse()) await one.close();
    await admin.end();
  });

  async function openStore(schema: string, timers = systemTimers): Promise<PostgresStore> {
    const store = PostgresStore.open({ url, schema, clock: systemClock, timers });
    open.push(store);
    await store.migrate();
    return store;
  }
  async function listen(store: PostgresStore): Promise<Ear> {
    const ear = new Ear();
    open.push(store.listen(ear));
    await ear.until('asked', 1);
    return ear;
  }
  const newSchema = (): string => `listening_${++schemas}`;
  const listeners = (schema: string): Promise<pg.QueryResult> =>
    admin.query('select pid from pg_stat_activity where query = $1', [`listen "${channelOf(schema)}"`]);

  it('needs no polling: what is notified arrives, and an idle ear waits for the fallback only', async () => {
    const schema = newSchema();
    const timers = withoutFallback();
    const ear = await listen(await openStore(schema, timers));
    expect(timers.asked).toEqual([FALLBACK_MS]);
    const other = await openStore(schema);
    await other.ask(triggerOf(uidOf(1)), T0);
    await ear.until('asked', 2);
    expect(ear.heard).toEqual({ asked: 2, written: 1, freed: 0 });
  });

  it('hears of a request when it is committed, and not of one that is rolled back', async () => {
    const schema = newSchema();
    const ear = await listen(await openStore(schema, withoutFallback()));
    const other = await openStore(schema);
    await expect(other.ask({ ...triggerOf(uidOf(1)), params: 1n } as never, T0)).rejects.toThrow();
    await other.ask(triggerOf(uidOf(2)), T0);
    await ear.until('asked', 2);
    expect(ear.heard.asked).toBe(2);
  });

  it('hears that the lead was given back', async () => {
    const schema = newSchema();
    const ear = await listen(await openStore(schema, withoutFallback()));
    const lease = await (await openStore(schema)).tryLead();
    await lease?.release();
    await ear.until('freed', 1);
  });

  it('listens again after its connection was ended, and looks for what it missed', async () => {
    const schema = newSchema();
    const store = await openStore(schema, withoutFallback());
    const ear = await listen(store);
    const { rows } = await listeners(schema);
    expect(rows).toHaveLength(1);
    await admin.query('select pg_terminate_backend($1)', [rows[0].pid]);
    await ear.until('asked', 2);
    expect((await listeners(schema)).rows).not.toEqual(rows);
    const { asked } = ear.heard;
    await store.ask(triggerOf(uidOf(1)), T0);
    await ear.until('asked', asked + 1);
  });

  it('falls back to looking now and then', async () => {
    const turns: (() => void)[] = [];
    const timers: Timers = {
      delay: (ms, signal) =>
        new Promise((resolve) => {
          if (signal.aborted) resolve();
          if (ms === FALLBACK_MS) turns.push(resolve);
          signal.addEventListener('abort', () => resolve());
        }),
    };
    const ear = await listen(await openStore(newSchema(), timers));
    turns.shift()?.();
    await ear.until('asked', 2);
    expect(ear.heard).toEqual({ asked: 2, written: 2, freed: 0 });
  });

  it('does not hear of another store in the same database', async () => {
    const [mine, theirs] = [newSchema(), newSchema()];
    const ear = await listen(await openStore(mine, withoutFallback()));
    await (await openStore(theirs)).ask(triggerOf(uidOf(1)), T0);
    await (await openStore(mine)).ask(triggerOf(uidOf(1)), T0);
    await ear.until('asked', 2);
    expect(ear.heard.asked).toBe(2);
  });

  it('ends while the server is away', async () => {
    const store = PostgresStore.open({ url: 'postgres://nobody@127.0.0.1:1/x', clock: systemClock });
    open.push(store);
    await store.listen(new Ear()).close();
  });

  it('names a channel that PostgreSQL takes', () => {
    expect(channelOf('orch')).toBe('orch_orch');
    expect(channelOf('x'.repeat(63))).toHaveLength(63);
  });
});
