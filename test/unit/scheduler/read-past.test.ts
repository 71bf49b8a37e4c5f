import { describe, expect, test } from 'vitest';
import { compileGraph } from '../../../core/graph/graph.ts';
import { selectScope } from '../../../core/graph/select.ts';
import type { BackfillRecord } from '../../../core/model/backfill.ts';
import type { DagSpec } from '../../../core/model/dag.ts';
import type { RunNo, RunUid, VersionNo } from '../../../core/model/ids.ts';
import type { RunRecord } from '../../../core/model/run.ts';
import type { RunScope } from '../../../core/model/scope.ts';
import { loadRun } from '../../../core/planner/load.ts';
import type { RunWorld } from '../../../core/planner/run-world.ts';
import { type PastStore, readPast } from '../../../core/scheduler/read-past.ts';
import { dagOf, task } from '../planner/simulation.ts';

const HOUR = 3_600_000;
const PAST = dagOf([task('a', { dependsOnPast: true }), task('b')]);
const OTHER = dagOf([task('b')]);

/** Runs of slots with their specs, as a store would tell them. */
class Runs {
  readonly #runs: { readonly record: RunRecord; readonly spec: DagSpec }[] = [];
  readonly loaded: number[] = [];
  backfill: Partial<BackfillRecord> | null = null;

  add(slot: number, spec: DagSpec, scope: RunScope = {}, more: Partial<RunRecord> = {}): RunRecord {
    const at = slot * HOUR;
    const runNo = (this.#runs.length + 1) as RunNo;
    const record: RunRecord = {
      runNo,
      uid: `run-${slot}` as RunUid,
      dagId: spec.id,
      versionNo: (spec === PAST ? 1 : 2) as VersionNo,
      state: 'success',
      trigger: 'schedule',
      params: {},
      scope,
      maxParallel: null,
      inputsFrom: null,
      logicalAt: at,
      intervalStartAt: at,
      intervalEndAt: at,
      createdAt: at,
      startedAt: at,
      endedAt: at,
      because: null,
      ...more,
    };
    this.#runs.push({ record, spec });
    return record;
  }

  world(record: RunRecord): RunWorld {
    const { spec } = this.#runs.find((one) => one.record === record) as { spec: DagSpec };
    const graph = compileGraph(spec);
    const selection = selectScope(graph, record.scope);
    if (!selection.ok) throw new Error('the scope is wrong');
    return loadRun({ run: record, expansions: [], instances: [] }, graph, selection.selected);
  }

  get store(): PastStore {
    const before = (at: number) =>
      this.#runs
        .filter(({ record }) => (record.logicalAt ?? 0) < at)
        .sort((x, y) => (y.record.logicalAt ?? 0) - (x.record.logicalAt ?? 0));
    const versionOf = (spec: DagSpec) => ({ spec }) as never;
    return {
      runBefore: async (_dagId, at) => before(at)[0]?.record ?? null,
      loadRun: async (runNo) => {
        this.loaded.push(runNo);
        const found = this.#runs.find(({ record }) => record.runNo === runNo);
        if (found === undefined) return null;
        const told = { hookNo: 0, deadline: [] };
        const nothing = {
          expansions: [],
          instances: [],
          waits: new Map(),
          checkpoints: new Map(),
          asks: new Map(),
          told,
        };
        return { run: found.record, version: versionOf(found.spec), ...nothing };
      },
      scopesBefore: async (_dagId, at) =>
        before(at).map(({ record: { versionNo, scope } }) => ({ versionNo, scope })),
      version: async (versionNo) => versionOf(versionNo === 1 ? PAST : OTHER),
      backfill: async () => this.backfill as BackfillRecord | null,
    };
  }

  async read(record: RunRecord, live: ReadonlyMap<number, RunWorld> = new Map()) {
    const { runs, ...rest } = await readPast(this.store, this.world(record), live);
    return { ...rest, runs: runs.map((run) => run.record.uid), worlds: runs };
  }
}

describe('readPast', () => {
  test('the first run has none before it', async () => {
    const runs = new Runs();
    expect(await runs.read(runs.add(1, PAST))).toMatchObject({
      runs: [],
      isFirst: false,
      hadBefore: new Set(),
    });
  });

  test('reads the run before and no other; one in memory is taken from there', async () => {
    const runs = new Runs();
    runs.add(1, PAST);
    const before = runs.add(2, PAST);
    const run = runs.add(3, PAST);
    expect((await runs.read(run)).runs).toEqual(['run-2']);
    expect(runs.loaded).toEqual([before.runNo]);
    const live = runs.world(before);
    expect((await runs.read(run, new Map([[before.runNo as number, live]]))).worlds).toEqual([live]);
    expect(runs.loaded).toEqual([before.runNo]);
  });

  test('goes back over runs in whose scope its tasks are not', async () => {
    const runs = new Runs();
    runs.add(1, PAST);
    runs.add(2, PAST);
    runs.add(3, PAST, { only: ['b'] });
    runs.add(4, PAST, { keys: ['x'] });
    expect((await runs.read(runs.add(5, PAST))).runs).toEqual(['run-4', 'run-3', 'run-2']);
  });

  test('but not for ever', async () => {
    const runs = new Runs();
    for (let slot = 0; slot < 80; slot++) runs.add(slot, PAST, { only: ['b'] });
    expect((await runs.read(runs.add(80, PAST))).runs).toHaveLength(50);
  });

  test('says whether a task that the run before does not have was there earlier', async () => {
    const runs = new Runs();
    runs.add(1, OTHER);
    expect((await runs.read(runs.add(2, PAST))).hadBefore).toEqual(new Set());
    const others = new Runs();
    others.add(1, PAST, { only: ['b'] });
    others.add(2, OTHER);
    expect((await others.read(others.add(3, PAST))).hadBefore).toEqual(new Set());
    others.add(0, PAST);
    expect((await others.read(others.add(4, PAST))).hadBefore).toEqual(new Set());
    others.add(5, OTHER);
    expect((await others.read(others.add(6, PAST))).hadBefore).toEqual(new Set(['a']));
  });

  test('knows the first slot of a backfill', async () => {
    const runs = new Runs();
    runs.backfill = { firstAt: 2 * HOUR };
    const [first, second] = [2, 3].map((slot) =>
      runs.add(slot, PAST, {}, { trigger: 'backfill', backfillNo: 7 }),
    );
    expect(await runs.read(first as RunRecord)).toMatchObject({ isFirst: true });
    expect(await runs.read(second as RunRecord)).toMatchObject({ isFirst: false, runs: ['run-2'] });
    runs.backfill = null;
    expect(await runs.read(first as RunRecord)).toMatchObject({ isFirst: false });
  });
});
