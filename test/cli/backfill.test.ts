import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { beforeNextLook, makeProject, orch, startOrch } from './orch-process.ts';

vi.setConfig({ testTimeout: 120_000 });

/** Due every hour; each attempt notes itself outside of the store. */
const HOURLY = `id: w
schedule: '@hourly'
startAt: 2026-01-01T00:00:00Z
endAt: 2026-02-01T00:00:00Z
params: { note: { type: string, default: none } }
tasks:
  a: { run: 'echo "start $ORCH_ATTEMPT" >> witness; sleep 0.2; echo "end $ORCH_ATTEMPT" >> witness' }
`;
const RANGE = ['--from', '2026-01-02', '--to', '2026-01-02'];

interface Listed {
  readonly items: readonly {
    readonly runId: string;
    readonly logicalDate: string;
    readonly state: string;
    readonly trigger: string;
    readonly params: object;
  }[];
}

async function witnessed(dir: string, ends: number): Promise<string[]> {
  for (;;) {
    const lines = readFileSync(join(dir, 'witness'), 'utf8').trim().split('\n');
    if (lines.filter((line) => line.startsWith('end')).length >= ends) return lines;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function shown(dir: string, id: string): Promise<Record<string, unknown>> {
  return JSON.parse((await orch(['-C', dir, 'backfill', 'show', id, '--json'])).stdout);
}

async function untilState(dir: string, id: string, state: string): Promise<Record<string, unknown>> {
  for (;;) {
    const found = await shown(dir, id);
    if (found['state'] === state) return found;
    await beforeNextLook();
  }
}

describe('orch backfill', () => {
  test('killed in the middle, it goes on: every slot has one run', async () => {
    const dir = makeProject({ 'dags/w.yaml': HOURLY });
    appendFileSync(join(dir, 'witness'), '');
    const most = ['--max-active-runs', '2'];
    const args = ['-C', dir, 'backfill', 'create', 'w', ...RANGE, ...most, '-p', 'note=past'];
    expect(await orch([...args, '-p', 'nota=x'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("Did you mean 'note'?"),
    });
    const dry = JSON.parse((await orch([...args, '-n', '--json'])).stdout);
    expect(dry).toMatchObject({ counts: { run: 24, retry: 0, leave: 0 } });
    expect(dry.items[0]).toMatchObject({ logicalDate: '2026-01-02T00:00:00.000Z', action: 'run' });
    const created = await orch(args);
    expect(created).toMatchObject({ code: 0, stderr: expect.stringContaining('No scheduler runs') });
    const id = created.stdout.trim();
    const first = startOrch(['-C', dir, 'scheduler']);
    await first.until(/leads 1 DAG/);
    await witnessed(dir, 5);
    first.child.kill('SIGKILL');
    await first.ended;
    expect(await shown(dir, id)).toMatchObject({ state: 'running', slots: 24 });
    const second = startOrch(['-C', dir, 'scheduler']);
    await second.until(/leads 1 DAG/);
    const done = await untilState(dir, id, 'done');
    expect(done).toMatchObject({ done: 24, failed: 0, running: 0, left: 0, asTheyWere: 0, etaMs: null });
    const again = await orch([...args, '-n']);
    expect(again.stdout.match(/left {2,}Its run is success/g)).toHaveLength(24);
    second.child.kill('SIGTERM');
    await second.ended;
    const { items } = JSON.parse(
      (await orch(['-C', dir, 'runs', '--limit', '500', '--json'])).stdout,
    ) as Listed;
    expect(items.map(({ trigger }) => trigger)).toEqual(Array(24).fill('backfill'));
    expect(items.map(({ params }) => params)).toEqual(Array(24).fill({ note: 'past' }));
    // Runs are made at once, two at a time; the id that a table shows is that of one run all the same.
    const table = (await orch(['-C', dir, 'runs', '--limit', '24'])).stdout.trim().split('\n').slice(1);
    const ids = table.map((line) => line.split(' ')[0] ?? '');
    expect(new Set(ids).size).toBe(24);
    const one = await orch(['-C', dir, 'status', ids[5] ?? '', '--json']);
    expect(JSON.parse(one.stdout).runId).toBe(items[5]?.runId);
    const lines = await witnessed(dir, 0);
    const starts = lines.filter((line) => line.startsWith('start'));
    expect(new Set(starts).size).toBe(starts.length);
    expect((await orch(['-C', dir, 'doctor'])).stdout).toContain('is sound');
  });

  test('pause, resume and cancel beside a scheduler', async () => {
    const dir = makeProject({ 'dags/w.yaml': HOURLY });
    appendFileSync(join(dir, 'witness'), '');
    const scheduler = startOrch(['-C', dir, 'scheduler']);
    await scheduler.until(/leads 1 DAG/);
    const backfill = (...words: string[]) => orch(['-C', dir, 'backfill', ...words]);
    const created = await backfill('create', 'w', ...RANGE, '--reverse', '--max-active-runs', '1');
    const id = created.stdout.trim();
    await witnessed(dir, 1);
    expect(await backfill('pause', id)).toMatchObject({ code: 0, stdout: `Backfill ${id} is paused\n` });
    expect(await shown(dir, id)).toMatchObject({ state: 'paused' });
    expect(await backfill('resume', id)).toMatchObject({ code: 0 });
    await witnessed(dir, 4);
    expect(await backfill('cancel', id)).toMatchObject({ code: 0, stdout: `Backfill ${id} is cancelled\n` });
    while ((await shown(dir, id))['running'] !== 0) await beforeNextLook();
    const over = await shown(dir, id);
    expect(over).toMatchObject({ state: 'cancelled', left: 0, etaMs: null });
    expect(await backfill('resume', id)).toMatchObject({
      code: 5,
      stderr: expect.stringContaining('already cancelled'),
    });
    const { items } = JSON.parse((await orch(['-C', dir, 'runs', '--json'])).stdout) as Listed;
    expect(items.length).toBeLessThan(24);
    expect(items.at(-1)?.logicalDate).toBe('2026-01-02T23:00:00.000Z');
    expect((await backfill('list')).stdout).toMatch(new RegExp(`${id} +w +cancelled`));
    scheduler.child.kill('SIGTERM');
    await scheduler.ended;
  });

  test('refuses what cannot be, in plain words', async () => {
    const dir = makeProject({
      'dags/w.yaml': HOURLY,
      'dags/hand.yaml': "id: hand\ntasks: { a: { run: 'true' } }\n",
      'dags/often.yaml': "id: often\nschedule: '* * * * *'\ntasks: { a: { run: 'true' } }\n",
    });
    const create = (...words: string[]) => orch(['-C', dir, 'backfill', 'create', ...words]);
    const rows: [string[], number, string][] = [
      [['w', '--from', '2026-01-03', '--to', '2026-01-02'], 2, 'ends before it begins'],
      [['w', '--from', '2026-01-03'], 2, 'needs --from and --to'],
      [['w', ...RANGE, '--all', '--failed'], 2, 'Give one of'],
      [['hand', ...RANGE], 5, 'has no schedule by time'],
      [['w', '--from', '2025-01-03', '--to', '2025-01-03'], 5, 'has no slot'],
      [['w', '--from', '2999-01-01', '--to', '2999-01-02'], 5, 'Slots of the future are not backfilled'],
      [['often', '--from', '2026-01-01', '--to', '2026-01-08'], 5, 'more than 10000 slots'],
      [['w', ...RANGE, '--until', 'nope'], 4, "no task, group or stage 'nope'"],
      [['nope', ...RANGE], 4, "There is no DAG 'nope'"],
    ];
    for (const [words, code, text] of rows) {
      expect(await create(...words)).toMatchObject({ code, stderr: expect.stringContaining(text) });
    }
    expect((await orch(['-C', dir, 'backfill', 'show', '7'])).code).toBe(4);
    expect((await orch(['-C', dir, 'backfill', 'pause', '7'])).code).toBe(4);
    expect((await orch(['-C', dir, 'backfill', 'frob', '7'])).code).toBe(2);
  });
});
