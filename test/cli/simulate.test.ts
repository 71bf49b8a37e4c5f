import { describe, expect, test, vi } from 'vitest';
import { makeProject, orch } from './orch-process.ts';

vi.setConfig({ testTimeout: 120_000 });

const PRICES = `id: prices
schedule: { cron: "30 1 * * *", tz: Europe/Berlin }
deadline: 2m
tasks:
  list: { run: 'echo names=a > "$ORCH_OUTPUT"' }
  symbol:
    needs: { list: list }
    forEach:
      over: \${{ needs.list.names }}
      tasks:
        get: { run: "true", pool: api }
  publish: { run: "true", after: [symbol], dependsOnPast: true }
`;
const REPORT = `id: report
schedule: "0 */12 * * *"
params: { names: { type: array, items: { type: string }, default: [p, q] } }
tasks:
  name:
    forEach: { over: "\${{ params.names }}", tasks: { make: { run: "true", pool: api } } }
`;
const SPAN = ['--from', '2026-03-28T12:00Z', '--to', '2026-03-29T12:00Z'];
const project = (): string =>
  makeProject({
    'airflow.yaml': 'pools: { api: { slots: 1 } }\nscheduler: { maxActive: 8 }\n',
    'dags/prices.yaml': PRICES,
    'dags/report.yaml': REPORT,
    'dags/hand.yaml': "id: hand\ntasks: { a: { run: 'true' } }\n",
  });

describe('orch simulate', () => {
  test('shows runs, pools, deadlines, clock changes and what was assumed', async () => {
    const dir = project();
    const { code, stdout, stderr } = await orch(['-C', dir, 'simulate', ...SPAN, '--task-duration', '40m']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatchInlineSnapshot(`
      "2 DAGs from 2026-03-28 12:00 to 2026-03-29 12:00 UTC: 4 runs, 9 attempts; nothing was run or stored

                                2026-03-28 12:00                                   2026-03-29 12:00
      report  2026-03-28 12:00  ████                                                                 1h20m
      report  2026-03-29 00:00                                   █████                               1h20m
      prices  2026-03-29 00:30                                    ███████                            2h10m
      report  2026-03-29 12:00                                                                    ▸  1h20m

      pool          slots  most used   full  longest queue
      default         128          1   0.0%  -
      api               1          1  13.9%  1 at 2026-03-28 12:00
      all attempts      8          2   0.0%  -

      1 deadline missed
        prices 2026-03-29 00:30: the deadline is 2026-03-29 00:32, it is over 2h08m later

      2026-03-29 01:00  clocks in Europe/Berlin go from +01:00 to +02:00

      assumed
        It begins with nothing under way; tasks succeed unless --fail names them.
        40m00s each (--task-duration): prices.list, prices.symbol.get, prices.publish, report.name.make.
        prices: one key of symbol: its list comes from a task, and no run has told it.
      "
    `);
    expect((await orch(['-C', dir, 'runs'])).stdout).toBe('');
  });

  test('tells runs that fail by the timeout of their DAG', async () => {
    const tasks = '{ x: { run: x }, y: { run: y, after: [x] } }';
    const dag = `id: a\nschedule: "@hourly"\ntimeout: 90s\ntasks: ${tasks}\n`;
    const dir = makeProject({ 'dags/a.yaml': dag });
    const span = ['--from', '2026-03-01', '--to', '2026-03-01T03:00Z'];
    const { stdout } = await orch(['-C', dir, 'simulate', ...span]);
    expect(stdout).toContain('4 runs, 8 attempts, 4 failed');
    expect(stdout).toContain('failed by the timeout of their DAG\n  a: 4 runs, after 1m30s\n');
  });

  test('everything for programs; nothing is stored', async () => {
    const dir = project();
    const { stdout } = await orch(['-C', dir, 'simulate', 'prices', ...SPAN, '--fail', 'publish', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      from: '2026-03-28T12:00:00.000Z',
      to: '2026-03-29T12:00:00.000Z',
      attempts: 3,
      stoppedAt: null,
      runs: [
        {
          dagId: 'prices',
          dueAt: '2026-03-29T00:30:00.000Z',
          logicalDate: '2026-03-29T00:30:00.000Z',
          endedAt: '2026-03-29T00:33:00.000Z',
          state: 'failed',
          timedOut: false,
          tasks: [
            { taskId: 'list', name: 'list', state: 'success', startedAt: '2026-03-29T00:30:00.000Z' },
            { taskId: 'symbol.get', name: 'symbol[any].get', state: 'success' },
            { taskId: 'publish', state: 'failed', attempts: 1, endedAt: '2026-03-29T00:33:00.000Z' },
          ],
        },
      ],
      pools: [
        { name: 'default' },
        { name: 'api', slots: 1, mostUsed: 1, longestQueue: 0, longestQueueAt: null },
      ],
      deadlineMisses: [{ dagId: 'prices', deadlineAt: '2026-03-29T00:32:00.000Z' }],
      clockChanges: [{ zone: 'Europe/Berlin', at: '2026-03-29T01:00:00.000Z', from: '+01:00', to: '+02:00' }],
    });
  });

  test('times and keys are those of past runs', async () => {
    const dir = makeProject({
      'dags/keyed.ts': `import { dag } from 'orch';
export default dag({ id: 'keyed', schedule: '@daily' }, (d) => {
  const list = d.task('list', () => ['x', 'y', 'z']);
  d.forEach('each', { over: list }, (g, item) => g.task('get', { needs: { item } }, ({ item }) => item));
});
`,
    });
    expect((await orch(['-C', dir, 'trigger', 'keyed', '-q'])).code).toBe(0);
    const { stdout } = await orch([
      '-C',
      dir,
      'simulate',
      '--from',
      '2026-01-01',
      '--to',
      '2026-01-01',
      '--json',
    ]);
    const { dags, runs } = JSON.parse(stdout);
    expect(dags[0].assumptions).toEqual(['3 keys of each, as in the newest run: its list comes from a task']);
    expect(dags[0].durations).toMatchObject([
      { taskId: 'list', source: 'history' },
      { taskId: 'each.get', source: 'history' },
    ]);
    expect(runs[0].tasks.map(({ name }: { name: string }) => name)).toEqual([
      'list',
      'each[x].get',
      'each[y].get',
      'each[z].get',
    ]);
  });

  test('what cannot be simulated is said', async () => {
    const dir = project();
    const failed = (...args: string[]) => orch(['-C', dir, 'simulate', ...args]);
    expect(await failed('prizes')).toMatchObject({ code: 4, stderr: expect.stringContaining("'prices'") });
    expect(await failed('--fail', 'publsh')).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('publish'),
    });
    expect(await failed('--from', '2026-02-01', '--to', '2026-01-01')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('ends before it begins'),
    });
    expect(await failed('--task-duration', 'long')).toMatchObject({ code: 2 });
    expect(await failed('hand', ...SPAN)).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('DAG hand is not due by time'),
    });
    const empty = makeProject({ 'dags/hand.yaml': "id: hand\ntasks: { a: { run: 'true' } }\n" });
    expect(await orch(['-C', empty, 'simulate'])).toMatchObject({ code: 5, stdout: '' });
  });
});
