import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { openProject } from '../../core/scheduler/project.ts';
import { startPostgres } from '../postgres/embedded-postgres.ts';
import { beforeNextLook, makeProject, orch, type Running, startOrch } from './orch-process.ts';

vi.setConfig({ testTimeout: 180_000 });

/** Two keys, two steps each; `a` fails while there is a file `fail`. Attempts note slot, task and key. */
const DAG = `id: w
schedule: '@hourly'
startAt: 2026-01-01T00:00:00Z
endAt: 2026-02-01T00:00:00Z
tasks:
  s:
    forEach:
      over: [A, B]
      tasks:
        a:
          run: 'echo "$SLOT a $ORCH_KEY" >> witness; test ! -e fail'
          env: { SLOT: '\${{ run.logicalDate }}' }
        b:
          run: 'echo "$SLOT b $ORCH_KEY" >> witness'
          env: { SLOT: '\${{ run.logicalDate }}' }
          after: [a]
  z:
    run: 'echo "$SLOT z" >> witness'
    env: { SLOT: '\${{ run.logicalDate }}' }
    after: [s]
`;

interface Item {
  readonly logicalDate: string;
  readonly action: 'run' | 'retry' | 'leave';
}
interface Listed {
  readonly runId: string;
  readonly logicalDate: string;
  readonly state: string;
}

/** A project with a scheduler on it. */
class Ways {
  readonly dir: string;
  readonly scheduler: Running;

  constructor(config: string, dag = DAG) {
    this.dir = makeProject({ 'airflow.yaml': config, 'dags/w.yaml': dag, witness: '' });
    this.scheduler = startOrch(['-C', this.dir, 'scheduler']);
  }

  static async open(config: string, dag = DAG): Promise<Ways> {
    const ways = new Ways(config, dag);
    await ways.scheduler.until(/leads 1 DAG/);
    return ways;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.scheduler.child.kill('SIGTERM');
    await this.scheduler.ended;
  }

  backfill(...words: string[]) {
    return orch(['-C', this.dir, 'backfill', ...words]);
  }

  async json<T>(...words: string[]): Promise<T> {
    const { stdout, stderr } = await orch(['-C', this.dir, ...words, '--json']);
    if (stdout === '') throw new Error(stderr);
    return JSON.parse(stdout) as T;
  }

  /** Hours of 2 January, both included. */
  range(from: number, to: number): string[] {
    const hour = (no: number): string => `2026-01-02T${String(no).padStart(2, '0')}:00:00Z`;
    return ['--from', hour(from), '--to', hour(to)];
  }

  async create(...words: string[]): Promise<string> {
    const { stdout, stderr } = await this.backfill('create', 'w', ...words);
    if (stdout === '') throw new Error(stderr);
    return stdout.trim();
  }

  async until(id: string, state: string): Promise<Record<string, unknown>> {
    for (;;) {
      const shown = await this.json<Record<string, unknown>>('backfill', 'show', id);
      if (shown['state'] === state && shown['running'] === 0) return shown;
      await beforeNextLook();
    }
  }

  async runs(): Promise<Map<string, Listed>> {
    const { items } = await this.json<{ items: Listed[] }>('runs', '--limit', '500');
    return new Map(items.map((run) => [run.logicalDate, run]));
  }

  witness(): string[] {
    return readFileSync(join(this.dir, 'witness'), 'utf8').split('\n').filter(Boolean);
  }

  fail(is: boolean): void {
    if (is) writeFileSync(join(this.dir, 'fail'), '');
    else rmSync(join(this.dir, 'fail'));
  }

  /** Does a backfill and compares what became of each slot with what its dry run said. */
  async asForetold(...words: string[]): Promise<Item[]> {
    const before = { runs: await this.runs(), lines: this.witness() };
    const { items } = await this.json<{ items: Item[] }>('backfill', 'create', 'w', ...words, '-n');
    expect([await this.runs(), this.witness()]).toEqual([before.runs, before.lines]);
    await this.until(await this.create(...words), 'done');
    const after = await this.runs();
    const lines = this.witness().slice(before.lines.length);
    const happened = items.map(({ logicalDate }): Item => {
      const [old, run] = [before.runs.get(logicalDate), after.get(logicalDate)];
      const isDone = lines.some((line) => line.startsWith(logicalDate));
      if (old === undefined) return { logicalDate, action: run === undefined ? 'leave' : 'run' };
      expect(run?.runId).toBe(old.runId);
      return { logicalDate, action: isDone ? 'retry' : 'leave' };
    });
    const foretold = items.map(({ logicalDate, action }) => ({ logicalDate, action }));
    expect(happened).toEqual(foretold);
    expect(after.size - before.runs.size).toBe(items.filter(({ action }) => action === 'run').length);
    return items;
  }
}

const actions = (items: readonly Item[]): string => items.map(({ action }) => action).join(' ');
const server = await startPostgres({ fsync: false });
const reason = 'unavailable' in server ? ` (skipped: ${server.unavailable})` : '';
const POSTGRES = 'url' in server ? `store: { kind: postgres, url: "${server.url}" }\n` : '';

afterAll(async () => {
  if ('stop' in server) await server.stop();
});

/** Every way of asking for a backfill in one story, compared with its dry run. */
async function everyWay(config: string): Promise<void> {
  await using ways = await Ways.open(config);
  ways.fail(true);
  expect(actions(await ways.asForetold(...ways.range(0, 1)))).toBe('run run');
  ways.fail(false);
  expect(actions(await ways.asForetold(...ways.range(2, 3)))).toBe('run run');
  expect(actions(await ways.asForetold(...ways.range(0, 3), '--only-missing'))).toBe(
    'leave leave leave leave',
  );
  // Failed: only what failed is done again. The runs that it retries are the same runs.
  const lines = ways.witness().length;
  expect(actions(await ways.asForetold(...ways.range(0, 4), '--failed'))).toBe('retry retry leave leave run');
  expect(ways.witness().length - lines).toBe(3 * 5);
  expect(actions(await ways.asForetold(...ways.range(3, 5), '--all'))).toBe('retry retry run');
  const states = [...(await ways.runs()).values()].map(({ state }) => state);
  expect(states).toEqual(Array(6).fill('success'));
  // Newest first, and its dry run in that order too.
  const reverse = await ways.asForetold(...ways.range(6, 8), '--reverse', '--max-active-runs', '1');
  expect(reverse.map(({ logicalDate }) => logicalDate.slice(11, 13))).toEqual(['08', '07', '06']);
  const order = ways
    .witness()
    .filter((line) => line.endsWith('z'))
    .slice(-3);
  expect(order.map((line) => line.slice(11, 13))).toEqual(['08', '07', '06']);
  // A part: one key, and no further than one task.
  const whole = ways.witness().length;
  await ways.asForetold(...ways.range(9, 9), '--key', 'A', '--until', 's.a');
  expect(ways.witness().slice(whole)).toEqual(['2026-01-02T09:00:00.000Z a A']);
  expect((await ways.backfill('create', 'w', ...ways.range(9, 9), '--key', 'C')).code).toBe(4);
}

/** Pause, resume, cancel, and two at once that want the same slots. */
async function pauseAndCancel(config: string): Promise<void> {
  const slow = DAG.replace('z" >> witness', 'z" >> witness; while test ! -e open; do sleep 0.05; done');
  await using ways = await Ways.open(config, slow);
  const id = await ways.create(...ways.range(0, 3), '--max-active-runs', '1');
  while (!ways.witness().some((line) => line.endsWith('z'))) await ways.runs();
  expect((await ways.backfill('pause', id)).code).toBe(0);
  writeFileSync(join(ways.dir, 'open'), '');
  expect(await ways.until(id, 'paused')).toMatchObject({ done: 1, running: 0, left: 3, cancelled: 0 });
  rmSync(join(ways.dir, 'open'));
  expect((await ways.backfill('resume', id)).code).toBe(0);
  while (ways.witness().filter((line) => line.endsWith('z')).length < 2) await ways.runs();
  expect((await ways.backfill('cancel', id)).code).toBe(0);
  expect(await ways.until(id, 'cancelled')).toMatchObject({ done: 1, failed: 0, cancelled: 1, left: 0 });
  const text = (await ways.backfill('show', id)).stdout;
  expect(text).toContain('1 done, 0 failed, 1 cancelled, 0 running, 0 left; 0 as they were');
  expect((await ways.backfill('list')).stdout).toMatch(/done +failed +cancelled +running +left/);
  writeFileSync(join(ways.dir, 'open'), '');
  const [one, two] = [await ways.create(...ways.range(4, 8)), await ways.create(...ways.range(6, 10))];
  const ended = [await ways.until(one, 'done'), await ways.until(two, 'done')];
  const sum = (field: string): number => ended.reduce((all, shown) => all + Number(shown[field]), 0);
  expect([sum('done'), sum('asTheyWere')]).toEqual([7, 3]);
  const perSlot = ways.witness().filter((line) => /T(0[4-9]|10).*z$/.test(line));
  expect(perSlot.length).toBe(7);
  expect((await orch(['-C', ways.dir, 'doctor'])).stdout).toContain('is sound');
}

describe('a backfill on SQLite', () => {
  test('does what its dry run says, whatever is asked for', () => everyWay('{}\n'));

  test('is paused, resumed and cancelled, and shares slots with another one', () => pauseAndCancel('{}\n'));

  test('that cannot go on is paused, and the journal says why', async () => {
    const dir = makeProject({ 'dags/w.yaml': DAG, witness: '' });
    const words = ['--from', '2026-01-02', '--to', '2026-01-02', '--until', 'z'];
    const created = await orch(['-C', dir, 'backfill', 'create', 'w', ...words]);
    expect(created.code).toBe(0);
    // The task that it goes up to is gone before anybody works on it.
    writeFileSync(join(dir, 'dags/w.yaml'), DAG.slice(0, DAG.indexOf('  z:')));
    const scheduler = startOrch(['-C', dir, 'scheduler']);
    await scheduler.until(/leads 1 DAG/);
    const id = created.stdout.trim();
    for (;;) {
      const { stdout } = await orch(['-C', dir, 'backfill', 'show', id, '--json']);
      if (JSON.parse(stdout).state === 'paused') break;
      await beforeNextLook();
    }
    scheduler.child.kill('SIGTERM');
    await scheduler.ended;
    const project = await openProject(dir);
    const lines = await project.store.journal({ limit: 10_000 });
    const stuck = lines.filter(({ because }) => because.code === 'backfill_stuck');
    expect(stuck.map(({ because }) => because.text)).toEqual([expect.stringContaining("'z'")]);
    expect(await project.store.runs({ dagId: 'w' })).toEqual([]);
    await project.close();
    expect(existsSync(join(dir, 'witness'))).toBe(true);
  });
});

// Skipped only where no PostgreSQL can be started; the title says why.
describe.skipIf(reason !== '')(`a backfill on PostgreSQL${reason}`, () => {
  test('does what its dry run says, whatever is asked for', () => everyWay(POSTGRES));
});
