import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { compileGraph } from '../../core/graph/graph.ts';
import type { DagSpec } from '../../core/model/dag.ts';
import type { RunRecord } from '../../core/model/run.ts';
import { explain, explainRun } from '../../core/planner/explain.ts';
import { adoptRun } from '../../core/planner/load.ts';
import type { RunWorld } from '../../core/planner/run-world.ts';
import type { World } from '../../core/planner/world.ts';
import { readPoolUse } from '../../core/scheduler/pool-use.ts';
import { openProject, type Project } from '../../core/scheduler/project.ts';
import { worldAbout, worldWithoutRuns } from '../../core/scheduler/why.ts';
import { worldOf } from '../../core/store/read-run-view.ts';
import type { RunSnapshot } from '../../core/store/store.ts';
import { create, Leader, nodeNo, queued, runNo, T0, versionOf } from '../contract/store/fixture.ts';

/** What all runs hold together. */
function heldIn(world: World) {
  const loads = [...world.dags.values()].filter(({ runs, active, paused }) => runs + active > 0 || paused);
  return {
    used: world.used,
    pools: [...world.pools.values()].map(({ name, slots, used }) => [name, slots, used]).toSorted(),
    dags: loads
      .map(({ dagId, runs, active, paused, tasks }) => {
        const counts = [...tasks].map(([path, load]) => [path, load.active]).toSorted();
        return [dagId, runs, active, paused, counts];
      })
      .toSorted(),
  };
}

/** The unfinished runs as a leader would have them, each read whole. */
async function worldOfAll(project: Project): Promise<World> {
  const world = await worldWithoutRuns(project);
  for (const { runNo: no } of await project.store.unfinishedRuns())
    adoptRun(world, worldOf((await project.store.loadRun(no)) as RunSnapshot));
  return world;
}

/** Instances that want a slot of the default pool and get none. */
function waitingIn(world: World): number {
  return [...world.runs.values()].reduce((sum, run) => {
    const nodes = [...run.existing()].filter(({ node, template, block }) => {
      const wants = run.isTask(template) && run.isSelected(template, block) && run.state[node] === 0;
      if (!wants || run.templates.pool[template] !== 'default') return false;
      return explain(world, run, node, null).checks.some(({ name, ok }) => name === 'slots' && !ok);
    });
    return sum + nodes.length;
  }, 0);
}

test('runs are explained, and pools used, as by all runs, and these are not loaded', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'orch-why-'));
  const project = await openProject(dir, { env: {} });
  const { store } = project;
  const leader = await Leader.of(store);
  const spec: DagSpec = {
    ...{ v: 1, id: 'capped', maxActiveRuns: 2 },
    tasks: [
      { path: 'a', action: { kind: 'pass' }, maxActive: 1 },
      { path: 'b', action: { kind: 'pass' }, pool: 'gpu' },
      { path: 'symbol.c', action: { kind: 'pass' }, fanOut: 0, poolSlots: 2 },
    ],
    fanOuts: [{ path: 'symbol', over: 'params.symbols' }],
  };
  const versionNo = await store.saveVersion(leader.lease, { ...versionOf('capped'), spec });
  const running: Partial<RunRecord> = {
    dagId: 'capped',
    versionNo,
    state: 'running',
    startedAt: T0,
    scope: {},
  };
  const base = compileGraph(spec).size;
  const expansion = { runNo: runNo(1), base: nodeNo(base), fanOut: 0, parentBase: nodeNo(0) };
  await leader.tick(
    create(1, running),
    create(2, { ...running, dagId: 'prices', versionNo: 1 as never }),
    create(3, { ...running, state: 'queued', startedAt: null }),
    create(4, { ...running, state: 'paused' }),
    create(5, running),
    { type: 'expand', expansion: { ...expansion, keys: ['A', 'B'], items: null, gone: [] }, keys: 2 },
    queued(1, 0),
    queued(1, base),
    queued(1, base + 1),
    queued(1, 1),
    queued(2, 0),
    queued(4, 0),
  );
  const whole = await worldOfAll(project);
  const loads = vi.spyOn(store, 'loadRun');
  for (const run of whole.runs.values()) {
    loads.mockClear();
    const world = await worldAbout(project, run.record.runNo);
    expect(loads).toHaveBeenCalledTimes(1);
    expect(heldIn(world)).toEqual(heldIn(whole));
    const own = world.runs.get(run.record.runNo) as RunWorld;
    expect(explainRun(world, own)).toEqual(explainRun(whole, run));
    for (const { node } of run.existing())
      expect(explain(world, own, node, null)).toEqual(explain(whole, run, node, null));
  }
  expect(whole.used).toBe(6);
  const expected = waitingIn(whole);
  loads.mockClear();
  const [pool] = await readPoolUse(project);
  expect(loads).not.toHaveBeenCalled();
  const used = whole.pool('default').used;
  expect(pool).toEqual({ name: 'default', slots: 128, used, waiting: expected });
  expect(pool?.waiting).toBeGreaterThan(0);
  await project.close();
  rmSync(dir, { recursive: true });
});
