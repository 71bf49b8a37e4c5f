import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { Action } from '../core/model/action.ts';
import { systemClock } from '../core/model/clock.ts';
import { openStore } from '../core/store/open-store.ts';
import type { Store } from '../core/store/store.ts';
import { create, Leader, queued, succeeded, T0 } from '../test/contract/store/fixture.ts';
import { startPostgres } from '../test/postgres/embedded-postgres.ts';

/** Instances a tick, and how many ticks are measured on each database. */
const SIZES = [1, 16, 256] as const;
const ROUNDS = 9;
const SQLITE_TASKS = 25_600;
const POSTGRES_TASKS: Record<number, number> = { 1: 1000, 16: 6400, 256: 25_600 };

interface Measure {
  readonly usPerTask: number;
  readonly worstMs: number;
}

/** A run of `tasks` successes: every tick queues some and ends those that the tick before queued. */
function* ticksOf(run: number, tasks: number, size: number): Generator<Action[]> {
  for (let first = 0; first < tasks + size; first += size) {
    const actions: Action[] = first === 0 ? [create(run, { state: 'running', startedAt: T0 })] : [];
    for (let node = first + 1; node <= first + size; node += 1) {
      if (node <= tasks) actions.push(queued(run, node));
      if (node > size && node - size <= tasks) actions.push(succeeded(run, node - size));
    }
    yield actions;
  }
}

async function measure(leader: Leader, run: number, tasks: number, size: number): Promise<Measure> {
  const ticks = [...ticksOf(run, tasks, size)];
  let worstMs = 0;
  const startedAt = performance.now();
  for (const actions of ticks) {
    const tickAt = performance.now();
    await leader.tick(...actions);
    worstMs = Math.max(worstMs, performance.now() - tickAt);
  }
  return { usPerTask: ((performance.now() - startedAt) * 1000) / tasks, worstMs };
}

async function bench(
  name: string,
  store: Store,
  tasksOf: (size: number) => number,
  bytes: () => Promise<number>,
): Promise<void> {
  const leader = await Leader.of(store);
  let run = 0;
  for (const size of SIZES) {
    const before = await bytes();
    const rounds: Measure[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      run += 1;
      rounds.push(await measure(leader, run, tasksOf(size), size));
    }
    const grown = ((await bytes()) - before) / (tasksOf(size) * ROUNDS);
    const sorted = rounds.map(({ usPerTask }) => usPerTask).sort((a, b) => a - b);
    const worst = Math.max(...rounds.map(({ worstMs }) => worstMs));
    const median = sorted[ROUNDS >> 1] ?? 0;
    console.log(
      `${name.padEnd(16)} ${String(size).padStart(4)} a tick: ${median.toFixed(1).padStart(7)} us a task ` +
        `(${sorted[0]?.toFixed(1)}-${sorted.at(-1)?.toFixed(1)}), worst tick ${worst.toFixed(1)} ms, ` +
        `${grown.toFixed(0)} B a task`,
    );
  }
  await store.close();
}

async function benchSqlite(durability: 'normal' | 'full'): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'orch-bench-'));
  const path = join(folder, 'orch.db');
  const store = await openStore({ kind: 'sqlite', path, durability, clock: systemClock });
  const bytes = async () => {
    const reader = await openStore({ kind: 'sqlite', path, durability, clock: systemClock });
    await reader.close();
    return checkpointedBytes(path);
  };
  await bench(
    `sqlite ${durability}`,
    store,
    (size) => (durability === 'full' && size === 1 ? 1000 : SQLITE_TASKS),
    bytes,
  );
  rmSync(folder, { recursive: true });
}

async function checkpointedBytes(path: string): Promise<number> {
  const { DatabaseSync } = await import('node:sqlite');
  const database = new DatabaseSync(path, { timeout: 1000 });
  database.exec('pragma wal_checkpoint(truncate)');
  database.close();
  return statSync(path).size;
}

async function benchPostgres(): Promise<void> {
  const server = await startPostgres({ fsync: true });
  if ('unavailable' in server) return console.log(`postgres: ${server.unavailable}`);
  const admin = new pg.Client(server.url);
  await admin.connect();
  try {
    const store = await openStore({ kind: 'postgres', url: server.url, clock: systemClock });
    const bytes = async () => {
      await admin.query('vacuum');
      const { rows } = await admin.query(
        `select sum(pg_total_relation_size(oid)) as bytes from pg_class
          where relnamespace = 'orch'::regnamespace and relkind = 'r'`,
      );
      return Number(rows[0].bytes);
    };
    await bench('postgres', store, (size) => POSTGRES_TASKS[size] ?? 0, bytes);
  } finally {
    await admin.end();
    await server.stop();
  }
}

await benchSqlite('normal');
await benchSqlite('full');
await benchPostgres();
