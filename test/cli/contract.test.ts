import { beforeAll, expect, test, vi } from 'vitest';
import { eventsOf, makeProject, orch, startOrch } from './orch-process.ts';

const DAG = `id: demo
params:
  keys: { type: array, items: { type: string }, default: [a, b] }
tasks:
  each:
    forEach:
      over: \${{ params.keys }}
      returns: two
      tasks:
        one:
          run: 'echo "[1, 2]" > "$ORCH_OUTPUT"; test "$KEY" != bad'
          env: { KEY: "\${{ item }}" }
        two: { run: "true", needs: [one] }
  last: { run: "true", after: [each] }
  end: { after: [last] }
`;

vi.setConfig({ testTimeout: 120_000 });

let dir = '';

beforeAll(() => {
  dir = makeProject({ 'dags/demo.yaml': DAG });
});

test('trigger --json: a task.finished for each instance, selected or not, run.finished last', async () => {
  const { code, stdout } = await orch(['-C', dir, 'trigger', 'demo', '--until', 'one', '--json']);
  expect(code).toBe(0);
  const events = eventsOf(stdout);
  expect(events.every(({ v }) => v === 1)).toBe(true);
  const finished = events.filter(({ type }) => type === 'task.finished');
  expect(finished.map(({ taskId, key, state }) => `${taskId} ${key} ${state}`).sort()).toEqual([
    'each.one a success',
    'each.one b success',
    'each.two a not_selected',
    'each.two b not_selected',
    'end null not_selected',
    'last null not_selected',
  ]);
  for (const event of finished) {
    expect(Object.keys(event)).toEqual(
      expect.arrayContaining([
        'runId',
        'taskId',
        'key',
        'state',
        'reason',
        'attempt',
        'durationMs',
        'because',
      ]),
    );
    expect(event).toMatchObject({
      reason: null,
      because: { code: expect.any(String), text: expect.any(String) },
    });
  }
  expect(events.at(-1)).toEqual({
    v: 1,
    type: 'run.finished',
    dagId: 'demo',
    runId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    state: 'success',
    counts: { success: 2, not_selected: 4 },
    durationMs: expect.any(Number),
  });
  expect(stdout.endsWith('\n')).toBe(true);
});

test('a fan-out outside the scope is one line per task with key null', async () => {
  const { stdout } = await orch(['-C', dir, 'trigger', 'demo', '--only', 'last', '--json']);
  const finished = eventsOf(stdout).filter(({ type }) => type === 'task.finished');
  expect(finished.map(({ taskId, key, state }) => `${taskId} ${key} ${state}`).sort()).toEqual([
    'each.one null not_selected',
    'each.two null not_selected',
    'end null not_selected',
    'last null success',
  ]);
});

test('a failed run: exit 1, reasons where there are some', async () => {
  const { code, stdout } = await orch([
    '-C',
    dir,
    'trigger',
    'demo',
    '-p',
    'keys=a,bad',
    '--until',
    'two',
    '--json',
  ]);
  expect(code).toBe(1);
  const events = eventsOf(stdout);
  const bad = events.find(
    ({ type, taskId, key }) => type === 'task.finished' && taskId === 'each.one' && key === 'bad',
  );
  expect(bad).toMatchObject({ state: 'failed', reason: 'error', attempt: 1, durationMs: expect.any(Number) });
  expect(events.at(-1)).toMatchObject({
    state: 'failed',
    counts: { success: 2, failed: 1, upstream_failed: 1, not_selected: 2 },
  });
});

test('a task that only joins others took no time', async () => {
  const { stdout } = await orch(['-C', dir, 'trigger', 'demo', '--only', 'end', '--json']);
  const end = eventsOf(stdout).find(({ type, taskId }) => type === 'task.finished' && taskId === 'end');
  expect(end).toMatchObject({ state: 'success', attempt: 1, durationMs: 0 });
});

test('status --json: totals, progress and every task with its output', async () => {
  await orch(['-C', dir, 'trigger', 'demo', '--until', 'one', '--quiet']);
  const { code, stdout } = await orch(['-C', dir, 'status', 'last', '--json']);
  expect(code).toBe(0);
  const status = JSON.parse(stdout) as { tasks: { taskId: string; key: string | null }[] };
  expect(status).toMatchObject({
    dagId: 'demo',
    state: 'success',
    total: 2,
    completed: 2,
    progress: 1,
    counts: { success: 2, not_selected: 4 },
  });
  expect(status.tasks.find(({ taskId, key }) => taskId === 'each.one' && key === 'a')).toMatchObject({
    state: 'success',
    reason: null,
    attempts: 1,
    startedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    endedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    output: [1, 2],
  });
});

test('every command that shows something gives one JSON document, and ends its process', async () => {
  await orch(['-C', dir, 'trigger', 'demo', '--quiet']);
  const commands = [
    ['list'],
    ['show', 'demo'],
    ['graph', 'demo'],
    ['plan', 'demo'],
    ['runs'],
    ['status'],
    ['why', 'last', 'last'],
    ['stats', '--tasks'],
    ['check'],
    ['config', 'show', '--origin'],
    ['schema', 'tasks.retries'],
    ['doctor'],
    ['retry', 'last', '-n'],
    ['test', 'demo.each.one', '--key', 'a'],
    ['rollback', 'demo'],
    ['pause', 'demo'],
    ['backfill', 'list'],
    ['token', 'list'],
  ];
  for (const command of commands) {
    const { code, stdout, stderr } = await startOrch(['-C', dir, ...command, '--json']).ended;
    expect([command, code, stderr]).toEqual([command, 0, '']);
    expect(typeof JSON.parse(stdout)).toBe('object');
    expect(stdout.trimEnd()).not.toContain('\n');
  }
});
