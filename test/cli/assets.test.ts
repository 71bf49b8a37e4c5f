import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { beforeNextLook, makeProject, orch, type Running, startOrch } from './orch-process.ts';

vi.setConfig({ testTimeout: 180_000 });

const RAW = 's3://market/raw';
const CANDLES = 'duckdb://market/candles';
const MAKE = `id: make
tasks:
  store: { run: 'true', produces: ['${CANDLES}'] }
  late: { run: 'true', after: [store] }
`;
const USE = `id: use
schedule: { assets: { all: ['${CANDLES}', '${RAW}'] } }
tasks:
  a:
    run: 'echo "$EVENTS" >> witness'
    env: { EVENTS: "\${{ run.trigger }} \${{ run.assets['${RAW}'][0].extra.rows }}" }
`;
const FILES = `id: files
schedule: { file: 'inbox/*.csv', settle: 50ms }
tasks:
  a: { run: 'echo "$FILE" >> witness', env: { FILE: "\${{ run.file }}" } }
`;

interface Listed {
  readonly items: readonly { readonly runId: string; readonly state: string; readonly trigger: string }[];
}

async function runsOf(dir: string, dagId: string): Promise<Listed['items']> {
  const { stdout } = await orch(['-C', dir, 'runs', '--dag', dagId, '--json']);
  return (JSON.parse(stdout) as Listed).items;
}

async function untilRuns(dir: string, dagId: string, count: number): Promise<Listed['items']> {
  for (;;) {
    const items = await runsOf(dir, dagId);
    if (items.filter(({ state }) => state === 'success').length >= count) return items;
    await beforeNextLook();
  }
}

async function scheduler(dir: string, dags: number): Promise<Running> {
  const running = startOrch(['-C', dir, 'scheduler']);
  await running.until(new RegExp(`leads ${dags} DAG`));
  return running;
}

async function killed(running: Running): Promise<void> {
  running.child.kill('SIGKILL');
  await running.ended;
}

const witness = (dir: string): string[] => readFileSync(join(dir, 'witness'), 'utf8').trim().split('\n');

describe('assets', () => {
  test('a producer, an event from outside, kill -9 between: the consumer runs once', async () => {
    const dir = makeProject({ 'dags/make.yaml': MAKE, 'dags/use.yaml': USE, witness: '' });
    const asset = (...words: string[]) => orch(['-C', dir, 'asset', ...words]);
    expect((await orch(['-C', dir, 'why', 'use'])).stdout).toContain('No scheduler has seen DAG use');
    const first = await scheduler(dir, 2);
    expect(await asset('materialize', CANDLES)).toMatchObject({ code: 0 });
    expect((await orch(['-C', dir, 'why', 'use'])).stdout).toContain(
      `DAG use runs on all of 2 assets; without an event since its last such run: ${RAW}.`,
    );
    await killed(first);
    expect(await runsOf(dir, 'use')).toEqual([]);
    const told = await asset('event', RAW, '--extra', '{"rows": 3}');
    expect(told).toMatchObject({ code: 0, stdout: `Event 2 of ${RAW}\n` });
    expect(told.stderr).toContain('No scheduler runs');
    const second = await scheduler(dir, 2);
    const [run] = await untilRuns(dir, 'use', 1);
    expect(run).toMatchObject({ trigger: 'asset', state: 'success' });
    const shown = JSON.parse((await orch(['-C', dir, 'status', String(run?.runId), '--json'])).stdout);
    expect(Object.keys(shown.triggeringEvents)).toEqual([CANDLES, RAW]);
    expect(shown.triggeringEvents[CANDLES]).toMatchObject([{ dagId: 'make', taskId: 'store' }]);
    expect(shown.triggeringEvents[RAW]).toMatchObject([{ by: 'tester', extra: { rows: 3 } }]);
    await killed(second);
    const third = await scheduler(dir, 2);
    await asset('event', RAW);
    expect(await runsOf(dir, 'use')).toHaveLength(1);
    await asset('event', CANDLES);
    await untilRuns(dir, 'use', 2);
    expect(await runsOf(dir, 'use')).toHaveLength(2);
    third.child.kill('SIGTERM');
    await third.ended;
    expect(witness(dir)).toEqual(['asset 3', 'asset null']);
    expect((await orch(['-C', dir, 'doctor'])).stdout).toContain('is sound');
    const { items } = JSON.parse((await asset('list', '--json')).stdout);
    expect(items).toMatchObject([
      { uri: CANDLES, producers: [{ dagId: 'make', taskId: 'store' }], consumers: ['use'], events: 2 },
      { uri: RAW, producers: [], consumers: ['use'], events: 2, lastEvent: { reportedBy: 'tester' } },
    ]);
  });

  test('files: those that come, change, or came while nothing ran have one run each', async () => {
    const dir = makeProject({ 'dags/files.yaml': FILES, witness: '', 'inbox/before.csv': 'x' });
    const first = await scheduler(dir, 1);
    writeFileSync(join(dir, 'inbox/a.csv'), '1');
    writeFileSync(join(dir, 'inbox/a.txt'), '1');
    await untilRuns(dir, 'files', 1);
    appendFileSync(join(dir, 'inbox/a.csv'), '2');
    await untilRuns(dir, 'files', 2);
    await killed(first);
    writeFileSync(join(dir, 'inbox/b.csv'), '1');
    mkdirSync(join(dir, 'inbox/folder.csv'));
    const second = await scheduler(dir, 1);
    const [run] = await untilRuns(dir, 'files', 3);
    expect(run).toMatchObject({ trigger: 'asset' });
    second.child.kill('SIGTERM');
    await second.ended;
    expect(witness(dir)).toEqual(['inbox/a.csv', 'inbox/a.csv', 'inbox/b.csv']);
  });

  test('what cannot be, in plain words', async () => {
    const dir = makeProject({
      'dags/make.yaml': MAKE,
      'dags/other.yaml': `id: other\ntasks: { x: { run: 'true', produces: ['${CANDLES}'] } }\n`,
      'dags/use.yaml': USE,
    });
    const asset = (...words: string[]) => orch(['-C', dir, 'asset', ...words]);
    const rows: [string[], number, string][] = [
      [['frob'], 2, "There is no 'orch asset frob'"],
      [['event'], 2, 'needs the URI of an asset'],
      [['event', 'no scheme'], 3, 'is no URI of an asset'],
      [['event', RAW, '--extra', '[1]'], 2, '--extra takes a JSON object'],
      [['event', RAW, '--extra', '{'], 2, '--extra is not JSON'],
      [['materialize', 'x:y'], 4, "No task produces asset 'x:y'"],
      [['materialize', CANDLES], 2, 'Several DAGs produce'],
      [['materialize', CANDLES, '--dag', 'use'], 2, "DAG 'use' does not produce"],
      [['lineage', 'x:y'], 4, "No DAG names asset 'x:y'"],
    ];
    for (const [words, code, text] of rows)
      expect(await asset(...words)).toMatchObject({ code, stderr: expect.stringContaining(text) });
    expect((await asset('lineage', CANDLES)).stdout).toBe(
      `${CANDLES}\nmade of\n  DAG make\n  DAG other\nmakes\n  DAG use\n`,
    );
    expect((await asset('list')).stdout).toMatch(/made by +runs +events +last/);
    const preview = await orch(['-C', dir, 'schedule', 'preview', 'use']);
    expect(preview.stderr).toContain(`DAG use runs on all of 2 assets`);
  });

  test('an event of an asset that no DAG knows is taken, with a warning', async () => {
    const dir = makeProject({
      'dags/use.yaml':
        "id: use\nschedule: { assets: { all: ['s3://prices/day'] } }\ntasks: { a: { run: 'true' } }\n",
    });
    const event = (uri: string) => orch(['-C', dir, 'asset', 'event', uri]);
    expect(await event('s3://prices/dayy')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^Event \d+ of s3:\/\/prices\/dayy\n$/),
      stderr: expect.stringContaining(
        "no DAG produces asset 's3://prices/dayy' or waits for it: its event starts nothing. " +
          "Did you mean 's3://prices/day'?",
      ),
    });
    expect((await event('s3://prices/day')).stderr).not.toContain('no DAG produces');
  });
});
