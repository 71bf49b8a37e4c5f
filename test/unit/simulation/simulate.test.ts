import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileGraph } from '../../../core/graph/graph.ts';
import type { DagSpec, TaskSpec } from '../../../core/model/dag.ts';
import { ENGINE_DEFAULTS } from '../../../core/model/defaults.ts';
import { ParamsFault } from '../../../core/planner/run-params.ts';
import { simulate } from '../../../core/simulation/simulate.ts';
import type { SimulatedRun, SimulationInput } from '../../../core/simulation/simulation.ts';
import { tries } from '../../tries.ts';
import { dagOf, task } from '../planner/simulation.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const T0 = Date.UTC(2026, 0, 1);
const HOURLY = { schedule: [{ kind: 'cron', cron: '0 * * * *' }] } as const satisfies Partial<DagSpec>;

function input(
  specs: readonly DagSpec[],
  more: Partial<SimulationInput> & { minutes?: number } = {},
): SimulationInput {
  const { minutes = 10, ...rest } = more;
  return {
    dags: specs.map((spec) => ({
      graph: compileGraph(spec),
      params: {},
      durationOf: () => minutes * MINUTE,
    })),
    limits: { globalSlots: 100, pools: { default: 100, api: 1 }, defaults: ENGINE_DEFAULTS },
    fromAt: T0,
    toAt: T0 + 5 * HOUR,
    fails: () => false,
    attemptsMax: 10_000,
    ...rest,
  };
}

const minutesOf = (run: SimulatedRun): (number | null)[] => [
  (run.dueAt - T0) / MINUTE,
  run.startedAt === null ? null : (run.startedAt - T0) / MINUTE,
  run.endedAt === null ? null : (run.endedAt - T0) / MINUTE,
];

describe('simulate', () => {
  test('makes the runs of the slots of the span, both ends included, and lets them end', () => {
    const dag = dagOf([task('a'), task('b', { after: ['a'] })], HOURLY);
    const { runs, attempts } = simulate(input([dag]));
    expect(runs.map(minutesOf)).toEqual([0, 60, 120, 180, 240, 300].map((due) => [due, due, due + 20]));
    expect(attempts).toBe(12);
    expect(runs[0]?.tasks).toEqual([
      { name: 'a', path: 'a', state: 'success', attempts: 1, startedAt: T0, endedAt: T0 + 10 * MINUTE },
      {
        name: 'b',
        path: 'b',
        state: 'success',
        attempts: 1,
        startedAt: T0 + 10 * MINUTE,
        endedAt: T0 + 20 * MINUTE,
      },
    ]);
  });

  test('pools: how long they are full, and who waits for them', () => {
    const tasks = [task('a', { pool: 'api' }), task('b', { pool: 'api' }), task('c', { pool: 'api' })];
    const { pools, global } = simulate(input([dagOf(tasks, HOURLY)]));
    // Five hours, in each of which the one slot is taken for half an hour.
    expect(pools.find(({ name }) => name === 'api')).toEqual({
      name: 'api',
      slots: 1,
      full: 0.5,
      mostUsed: 1,
      longestQueue: 2,
      longestQueueAt: T0,
    });
    expect(pools.find(({ name }) => name === 'default')).toMatchObject({
      full: 0,
      mostUsed: 0,
      longestQueueAt: null,
    });
    expect(global).toMatchObject({ slots: 100, full: 0, mostUsed: 1, longestQueue: 0 });
  });

  test('all attempts together', () => {
    const limits = { globalSlots: 2, pools: { default: 100 }, defaults: ENGINE_DEFAULTS };
    const tasks = ['a', 'b', 'c'].map((name) => task(name));
    const { global } = simulate(input([dagOf(tasks, HOURLY)], { limits, minutes: 30 }));
    expect(global).toMatchObject({ slots: 2, full: 0.5, mostUsed: 2, longestQueue: 1, longestQueueAt: T0 });
  });

  test('deadlines count from the slot, also of runs that never end', () => {
    const dag = dagOf([task('a', { dependsOnPast: true })], { ...HOURLY, deadlineMs: 15 * MINUTE });
    expect(simulate(input([dag])).misses).toEqual([]);
    const late = simulate(input([dag], { minutes: 20, toAt: T0 + HOUR }));
    expect(late.misses).toEqual(
      [0, 1].map((hour) => ({
        dagId: 'test',
        dueAt: T0 + hour * HOUR,
        deadlineAt: T0 + hour * HOUR + 15 * MINUTE,
        endedAt: T0 + hour * HOUR + 20 * MINUTE,
      })),
    );
    const failed = simulate(input([dag], { fails: () => true, toAt: T0 + HOUR }));
    expect(failed.runs.map(({ state, endedAt }) => [state, endedAt])).toEqual([
      ['failed', T0 + 10 * MINUTE],
      ['running', null],
    ]);
    expect(failed.misses).toMatchObject([{ dueAt: T0 + HOUR, endedAt: null }]);
  });

  test('maxActiveRuns and overlap as the scheduler has them', () => {
    const more = { ...HOURLY, maxActiveRuns: 1 };
    const queued = simulate(
      input([dagOf([task('a')], { ...more, catchup: true })], {
        minutes: 90,
        toAt: T0 + 2 * HOUR,
        limits: LONG,
      }),
    );
    expect(queued.backlog).toEqual([{ dagId: 'test', slots: 1, firstAt: T0 + 2 * HOUR }]);
    expect(queued.runs.map(minutesOf)).toEqual([
      [0, 0, 90],
      [60, 90, 180],
    ]);
    const skipped = simulate(
      input([dagOf([task('a')], { ...more, overlap: 'skip' })], { minutes: 90, limits: LONG }),
    );
    expect(skipped.runs.map(minutesOf).map(([due]) => due)).toEqual([0, 120, 240]);
    expect(skipped.leftOut.map(({ disposition, firstAt }) => [disposition, (firstAt - T0) / MINUTE])).toEqual(
      [
        ['skipped', 60],
        ['skipped', 180],
        ['skipped', 300],
      ],
    );
    const cancelled = simulate(
      input([dagOf([task('a')], { ...more, overlap: 'cancel_running' })], {
        minutes: 90,
        toAt: T0 + HOUR,
        limits: LONG,
      }),
    );
    expect(cancelled.runs.map(({ state }) => state)).toEqual(['cancelled', 'success']);
  });

  test('a task that is told to fail is retried as its policy says', () => {
    const dag = dagOf([task('a', { retries: { max: 2, delayMs: 5 * MINUTE } }), task('b')], HOURLY);
    const { runs } = simulate(input([dag], { fails: (_dag, path) => path === 'a', toAt: T0 + 1 }));
    expect(runs[0]?.tasks).toMatchObject([
      { name: 'a', state: 'failed', attempts: 3, startedAt: T0, endedAt: T0 + 40 * MINUTE },
      { name: 'b', state: 'success', attempts: 1 },
    ]);
  });

  test('a DAG that is paused for its failures makes no more runs, and that is said', () => {
    const dag = dagOf([task('a')], { ...HOURLY, pauseAfterFailures: 2 });
    const { runs, paused, backlog } = simulate(input([dag], { fails: () => true }));
    expect(runs).toHaveLength(2);
    expect(backlog).toEqual([]);
    expect(paused).toMatchObject([{ dagId: 'test', at: T0 + 70 * MINUTE, because: { code: 'dag_failing' } }]);
  });

  test('an attempt that would take longer than its timeout ends there', () => {
    const dag = dagOf([task('a', { timeoutMs: 5 * MINUTE })], HOURLY);
    const { runs } = simulate(input([dag], { toAt: T0 + 1 }));
    expect(runs[0]?.tasks[0]).toMatchObject({ state: 'failed', endedAt: T0 + 5 * MINUTE });
  });

  test('what is too much stops, and says when', () => {
    const dag = dagOf([task('a')], {
      schedule: [{ kind: 'every', everyMs: 1_000 }],
      maxActiveRuns: 1_000_000,
    });
    const { stoppedAt, attempts } = simulate(input([dag], { attemptsMax: 100, minutes: 0 }));
    expect(attempts).toBe(101);
    expect(stoppedAt).toBe(T0 + 100 * 1_000);
  });

  test('a DAG without the params of its runs has none', () => {
    const dag = compileGraph(dagOf([task('a')], HOURLY));
    const dags = [{ graph: dag, params: new ParamsFault("param 'x' is missing"), durationOf: () => 1 }];
    const { runs, leftOut } = simulate({ ...input([]), dags });
    expect(runs).toEqual([]);
    expect(leftOut[0]?.because.text).toContain("param 'x' is missing");
  });

  test('no pool is over its slots, no run begins before its slot, equal inputs give equal results', () => {
    const pool = fc.constantFrom('default', 'api');
    const tasks = fc
      .array(fc.record({ pool, follows: fc.boolean(), past: fc.boolean() }), { minLength: 1, maxLength: 5 })
      .map((all) =>
        all.map(({ pool, follows, past }, at): TaskSpec => {
          const after = follows && at > 0 ? { after: [`t${at - 1}`] } : {};
          return task(`t${at}`, { pool, ...after, ...(past ? { dependsOnPast: true } : {}) });
        }),
      );
    const dag = fc.record({ tasks, maxActiveRuns: fc.integer({ min: 1, max: 3 }), catchup: fc.boolean() });
    fc.assert(
      fc.property(
        fc.array(dag, { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 1, max: 50 }),
        (all, minutes) => {
          const specs = all.map(({ tasks, maxActiveRuns, catchup }, at) => ({
            ...dagOf(tasks, { ...HOURLY, maxActiveRuns, ...(catchup ? { catchup: true as const } : {}) }),
            id: `d${at}`,
          }));
          const limits = { globalSlots: 3, pools: { default: 2, api: 1 }, defaults: ENGINE_DEFAULTS };
          const result = simulate(input(specs, { minutes, limits }));
          expect(simulate(input(specs, { minutes, limits }))).toEqual(result);
          for (const { mostUsed, slots, full } of [...result.pools, result.global]) {
            expect(mostUsed).toBeLessThanOrEqual(slots);
            expect(full).toBeLessThanOrEqual(1);
          }
          for (const run of result.runs) {
            expect(run.state).toBe('success');
            for (const { startedAt, endedAt } of run.tasks) {
              expect(startedAt).toBeGreaterThanOrEqual(run.dueAt);
              expect((endedAt ?? 0) - (startedAt ?? 0)).toBe(minutes * MINUTE);
            }
          }
        },
      ),
      { numRuns: tries(100) },
    );
  });
});

const LONG = {
  globalSlots: 100,
  pools: { default: 100 },
  defaults: { ...ENGINE_DEFAULTS, timeoutMs: 24 * HOUR },
};
