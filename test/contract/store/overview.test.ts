import { describe, expect, it } from 'vitest';
import type { Action } from '../../../core/model/action.ts';
import { becauseNumber } from '../../../core/model/because.ts';
import { S } from '../../../core/model/states.ts';
import { toExpansion } from '../../../core/store/records.ts';
import type { RunOutcome } from '../../../core/store/run-outcomes.ts';
import type { Store } from '../../../core/store/store.ts';
import { collectTaskStats } from '../../../core/store/task-stats.ts';
import { databases } from './databases.ts';
import { create, type Leader, nodeNo, queued, runNo, succeeded, T0, versionOf } from './fixture.ts';
import { useLedStore } from './led-store.ts';

const ended = (run: number, endedAt: number, instances = 1): Action => ({
  ...{ type: 'run.change', runNo: runNo(run), from: 'running', to: 'success', code: 'leaves_succeeded' },
  ...{ facts: null, endedAt, counts: { success: instances } },
});
const sorted = ({ tookMs }: RunOutcome): number[] => tookMs.toSorted((a, b) => a - b);

describe.each(databases)('reads over many runs on $name', ({ newPlace }) => {
  let store: Store;
  let leader: Leader;
  useLedStore(newPlace, (led) => {
    ({ store, leader } = led);
  });

  it('counts the instances in ranges of nodes by the template that they stand for', async () => {
    const nodes = [0, 1, 10, 11, 12, 13, 14, 15];
    await leader.tick(create(1), create(2), ...nodes.map((node) => queued(1, node)), queued(2, 1));
    await leader.tick(succeeded(1, 1), succeeded(1, 11), succeeded(1, 15));
    const range = (run: number, from: number, to: number, first: number, size: number) => ({
      ...{ runNo: runNo(run), from, to, first, size },
      isWanted: true,
    });
    const found = await store.overview.stateCounts([
      range(1, 0, 2, 0, 2),
      range(1, 10, 16, 7, 2),
      range(2, 0, 2, 0, 2),
    ]);
    const line = (one: (typeof found)[number]) => [one.runNo, one.template, one.state, one.instances];
    expect(found.map(line).toSorted()).toEqual([
      [1, 0, S.queued, 1],
      [1, 1, S.success, 1],
      [1, 7, S.queued, 3],
      [1, 8, S.queued, 1],
      [1, 8, S.success, 2],
      [2, 1, S.queued, 1],
    ]);
    expect(await store.overview.stateCounts([])).toEqual([]);
    const others = await store.overview.stateCounts([
      { ...range(1, 0, 2, 0, 2), but: S.success },
      { ...range(1, 10, 16, 7, 2), but: S.queued },
    ]);
    expect(others.map(line).toSorted()).toEqual([
      [1, 0, S.queued, 1],
      [1, 8, S.success, 2],
    ]);
  });

  it('tells how the instances of runs of one version went in a row for each task and state', async () => {
    await leader.tick(create(1), create(2), queued(1, 0), queued(2, 0), queued(2, 1));
    await leader.tick(succeeded(1, 0), succeeded(2, 0, { endedAt: T0 + 9 }));
    const range = (run: number) => ({
      ...{ runNo: runNo(run), from: 0, to: 2, first: 0, size: 2 },
      isWanted: true,
    });
    const found = await store.overview.tookCounts([range(1), range(2)]);
    const [went, open] = found.toSorted((a, b) => a.template - b.template);
    expect(went).toMatchObject({ template: 0, state: S.success, instances: 2, retries: 0, waited: '1,1' });
    expect(went?.took?.split(',').toSorted()).toEqual(['1', '7']);
    expect(open).toEqual({
      ...{ template: 1, state: S.queued, instances: 1, retries: 0, took: null, waited: null },
    });
  });

  it('tells how the newest runs of DAGs went in a row for each state', async () => {
    const went = { state: 'running', startedAt: T0 + 5 } as const;
    await leader.tick(create(1, went), create(2, went), create(3, { ...went, startedAt: T0 - 5 }));
    await leader.tick(create(4, { createdAt: T0 + 7 }));
    const versionNo = await store.saveVersion(leader.lease, versionOf('other'));
    await leader.tick(create(5, { ...went, dagId: 'other', versionNo }));
    await leader.tick(ended(1, T0 + 10), ended(2, T0 + 20));
    const outcome = { dagId: 'prices', lastAt: T0, tookMs: [], waitedMs: [] };
    const found = await store.overview.outcomes({ dagId: 'prices' });
    expect(
      found.toSorted((a, b) => (a.state < b.state ? -1 : 1)).map((one) => ({ ...one, tookMs: sorted(one) })),
    ).toEqual([
      { ...outcome, state: 'queued', runs: 1, lastAt: T0 + 7 },
      { ...outcome, state: 'running', runs: 1, waitedMs: [0] },
      { ...outcome, state: 'success', runs: 2, tookMs: [5, 15], waitedMs: [5, 5] },
    ]);
    expect(await store.overview.outcomes({ dagId: 'prices', limit: 1 })).toEqual([
      { ...outcome, state: 'queued', runs: 1, lastAt: T0 + 7 },
    ]);
    expect((await store.overview.outcomes({})).map(({ dagId }) => dagId)).toContain('other');
    expect(await store.overview.outcomes({ since: T0 + 8 })).toEqual([]);
  });

  it('counts tasks of fewer runs where these have many instances, and of the newest one always', async () => {
    const went = { state: 'running', startedAt: T0 } as const;
    await leader.tick(...[1, 2, 3].flatMap((run) => [create(run, went), queued(run, 0)]));
    await leader.tick(...[1, 2, 3].map((run) => succeeded(run, 0, { tryNo: 2 })));
    await leader.tick(ended(1, T0 + 1, 1), ended(2, T0 + 1, 19_999), ended(3, T0 + 1, 1));
    const stats = { taskId: 'extract', success: 2, failed: 0, skipped: 0, retries: 2 };
    const { runs, tasks } = await collectTaskStats(store, 'prices', null);
    expect({ runs, tasks }).toMatchObject({ runs: 2, tasks: [stats] });
    expect(tasks[0]?.durationMs).toMatchObject({ min: 1, max: 1 });
    await leader.tick(create(4, went), ended(4, T0 + 1, 20_001));
    expect((await collectTaskStats(store, 'prices', null)).runs).toBe(1);
  });

  it('pages what waits for an answer by run and node, of the DAGs that somebody may see', async () => {
    const versionNo = await store.saveVersion(leader.lease, versionOf('market_a'));
    const asks = (run: number, node: number) =>
      queued(run, node, {
        ...{ to: S.waiting, tryNo: 0, queuedAt: null, because: becauseNumber('waits_answer') },
      });
    await leader.tick(create(1), create(2, { dagId: 'market_a', versionNo }), create(3), create(4));
    await leader.tick(asks(1, 0), asks(1, 1), queued(1, 2), asks(2, 0), asks(3, 4));
    const names = async (dags: string, runNo: number, node: number, limit = 10) => {
      const filter = { grants: [{ dags, role: 'viewer' } as const], after: { runNo, node }, limit };
      const found = await store.overview.waitingForAnswer(filter);
      return found.map(({ run, instance }) => `${run.dagId} ${run.runNo}.${instance.nodeNo}`);
    };
    expect(await names('*', 0, 0)).toEqual(['prices 1.0', 'prices 1.1', 'market_a 2.0', 'prices 3.4']);
    expect(await names('*', 1, 0, 2)).toEqual(['prices 1.1', 'market_a 2.0']);
    expect(await names('market_*', 0, 0)).toEqual(['market_a 2.0']);
    expect(await names('prices', 1, 1)).toEqual(['prices 3.4']);
    expect(await names('price', 0, 0)).toEqual([]);
    expect(await store.overview.dagIds([{ dags: 'market*', role: 'viewer' }])).toEqual(['market_a']);
    expect(await store.overview.dagIds([])).toEqual([]);
    expect(await store.overview.sizes()).toEqual({
      ...{ dags: 2, brokenFiles: 0, unfinishedRuns: 4, schedules: 0 },
    });
  });

  it('gives the runs that have begun with what each holds, and how many are open', async () => {
    await leader.tick(
      create(1, { state: 'running', startedAt: T0 }),
      create(2),
      create(3, { state: 'paused' }),
      ...[0, 1, 2].map((node) => queued(1, node)),
    );
    await leader.tick(succeeded(1, 1));
    const one = { runNo: runNo(1), dagId: 'prices', state: 'running', startedAt: T0 };
    const three = { runNo: runNo(3), dagId: 'prices', state: 'paused', startedAt: null, holds: [] };
    const active = await store.overview.activeRuns();
    expect(active.map((run) => ({ ...run, holds: run.holds.toSorted() }))).toEqual([
      { ...one, holds: [0, 2] },
      three,
    ]);
    expect((await store.overview.runsOf([runNo(2)])).map((run) => run.runNo)).toEqual([2]);
    expect(await store.overview.openCount('prices')).toBe(3);
    expect(await store.overview.openCount('price')).toBe(0);
    const instances = await store.overview.instancesOf([1, 2].map(runNo));
    expect([...instances].map(([no, rows]) => [no, rows.length])).toEqual([[1, 3]]);
  });

  it('reads the keys of some runs', async () => {
    const expansion = (run: number, base: number, keys: string[]) => ({
      ...{ runNo: runNo(run), base: nodeNo(base), fanOut: 0, parentBase: nodeNo(0), keys },
      items: keys.map((key) => ({ key })),
      gone: [0],
    });
    const expand = (run: number, base: number, keys: string[]) =>
      ({ type: 'expand', expansion: expansion(run, base, keys), keys: keys.length }) as const;
    await leader.tick(create(1), create(2), create(3), expand(1, 10, ['A']), expand(2, 10, ['B', 'C']));
    await leader.tick(expand(2, 20, ['D']));
    const keys = await store.overview.keys([1, 2].map(runNo));
    expect([...keys.keys()]).toEqual([1, 2]);
    const parsed = keys.get(runNo(2))?.map((row) => toExpansion({ ...row, items: null }));
    expect(parsed).toEqual([
      { ...expansion(2, 10, ['B', 'C']), items: null },
      { ...expansion(2, 20, ['D']), items: null },
    ]);
    expect(await store.overview.keys([])).toEqual(new Map());
  });
});
