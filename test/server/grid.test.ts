import { describe, expect, test } from 'vitest';
import { readGrid } from '../../core/store/grid.ts';
import { readRunView } from '../../core/store/read-run-view.ts';
import type { Store } from '../../core/store/store.ts';
import { type Served, serve } from './served.ts';

const NESTED = `id: nested
params:
  outer: { type: array, items: { type: string }, default: [A, B, C] }
tasks:
  first: { run: 'true' }
  empty: { forEach: { over: [], tasks: { never: { run: 'true' } } } }
  out:
    after: [first]
    forEach:
      over: \${{ params.outer }}
      tasks:
        work: { run: 'test "$ORCH_KEY" != B', stage: s }
        in: { after: [work], forEach: { over: [x, y], tasks: { deep: { run: 'true' } } } }
        end: { run: 'true', after: [in] }
  last: { run: 'true', after: [out], triggerRule: all_done }
`;

interface Body {
  readonly runs: readonly { readonly runId: string; readonly state: string }[];
  readonly tasks: readonly {
    readonly taskId: string;
    readonly declared: boolean;
    readonly states: readonly (string | null)[];
    readonly counts?: readonly unknown[];
  }[];
  readonly nextCursor: string | null;
}

async function gridOf(api: Served, query = ''): Promise<Body> {
  const { status, body } = await api.get(`/api/v1/dags/nested/grid${query}`);
  expect(status).toBe(200);
  return body as unknown as Body;
}

/** What a whole read of each run says, by task and run. */
async function countedOneByOne(store: Store, dagId: string) {
  const found: Record<string, Record<string, number>[]> = {};
  const runs = await store.runs({ dagId });
  for (const [at, { runNo }] of runs.entries())
    for (const { taskId, state } of (await readRunView(store, runNo))?.tasks ?? []) {
      found[taskId] ??= runs.map(() => ({}));
      const cells = found[taskId];
      const cell = cells[at] as Record<string, number>;
      cell[state] = (cell[state] ?? 0) + 1;
    }
  return found;
}

describe('the grid of a DAG', () => {
  test('counts what whole reads of its runs count, whatever their scopes and keys', async () => {
    await using api = await serve({ 'dags/nested.yaml': NESTED });
    const { store } = api.services;
    await api.orch.run('nested');
    await api.orch.run('nested', { params: { outer: [] } });
    await api.orch.run('nested', { scope: { keys: ['A', 'C'] } });
    await api.orch.run('nested', { scope: { until: ['out.work'] } });
    const paused = await api.post('/api/v1/dags/nested/runs', { scope: { only: ['first'] } });
    await api.until(`/api/v1/runs/${paused.body['runId']}`, ({ endedAt }) => endedAt !== null);
    const runs = await store.runs({ dagId: 'nested' });
    const dag = await store.dag('nested');
    const version = await store.version(dag?.versionNo as never);
    const rows = await readGrid(store, version?.spec as never, runs);
    const cells = Object.fromEntries(rows.map((row) => [row.path, row.cells.map((cell) => cell?.counts)]));
    expect(cells).toEqual(await countedOneByOne(store, 'nested'));
    expect(cells['out.in.deep']?.at(-1)).toEqual({ success: 4, upstream_failed: 1 });
    expect(cells['out.work']?.[2]).toEqual({ success: 2, not_selected: 1 });

    const body = await gridOf(api);
    const { states, counts } = body.tasks.find(({ taskId }) => taskId === 'out.work') ?? {};
    expect(states?.at(-1)).toBe('failed');
    expect(counts?.at(-1)).toEqual({ success: 2, failed: 1 });
    expect(body.tasks.find(({ taskId }) => taskId === 'first')).not.toHaveProperty('counts');
  });

  test('goes on page by page, and has the tasks that only older runs have', async () => {
    await using api = await serve({ 'dags/nested.yaml': "id: nested\ntasks: { old: { run: 'true' } }\n" });
    await api.orch.run('nested');
    api.project.write({ 'dags/nested.yaml': "id: nested\ntasks: { new: { run: 'true' } }\n" });
    await api.until('/api/v1/dags/nested/versions', ({ items }) => (items as unknown[]).length === 2);
    await api.orch.run('nested');
    const whole = await gridOf(api);
    expect(whole.tasks).toMatchObject([
      { taskId: 'new', declared: true, states: ['success', null] },
      { taskId: 'old', declared: false, states: [null, 'success'] },
    ]);
    const first = await gridOf(api, '?runs=1');
    const second = await gridOf(api, `?runs=1&cursor=${first.nextCursor}`);
    expect([...first.runs, ...second.runs]).toEqual(whole.runs);
    expect(second.nextCursor).toBeNull();
    expect(second.tasks).toMatchObject([
      { taskId: 'new', states: [null] },
      { taskId: 'old', states: ['success'] },
    ]);
  });
});
