import { describe, expect, test } from 'vitest';
import { compileGraph } from '../../../core/graph/graph.ts';
import type { DagSpec, TaskSpec } from '../../../core/model/dag.ts';
import { ENGINE_DEFAULTS } from '../../../core/model/defaults.ts';
import { templatesOf } from '../../../core/planner/templates.ts';
import { airflowData } from './airflow-data.ts';
import { dagOf, Simulation, statesOf, task } from './simulation.ts';

const many = (count: number, name: string, more: Partial<TaskSpec> = {}): TaskSpec[] =>
  Array.from({ length: count }, (_, index) => task(`${name}${index}`, more));

function hanging(limits: ConstructorParameters<typeof Simulation>[0] = {}, checked = true): Simulation {
  const sim = new Simulation(limits, checked);
  sim.behaviour = () => 'hang';
  return sim;
}

describe('priority', () => {
  test('levels are strict over all DAGs, whatever they hold', () => {
    const sim = hanging({ globalSlots: 1 });
    const dag = (id: string, priority: TaskSpec['priority']): DagSpec =>
      dagOf(many(2, id, priority === undefined ? {} : { priority }), { id });
    for (const level of ['low', 'normal', 'urgent', 'high'] as const) sim.trigger(dag(level, level));
    sim.turn();
    while (sim.running.length > 0) {
      sim.end(sim.running[0] as string);
      sim.turn();
    }
    const order = ['urgent', 'high', 'normal', 'low'].flatMap((level) => [`${level}0`, `${level}1`]);
    expect(sim.starts).toEqual(order);
  });

  test('weights order within a run, at level normal', () => {
    const sim = new Simulation({ globalSlots: 1 });
    sim.trigger(
      dagOf([
        task('a', { priority: 1 }),
        task('b', { priority: 5 }),
        task('c', { priority: 'high' }),
        task('d'),
      ]),
    );
    sim.run();
    expect(sim.starts).toEqual(['c', 'b', 'a', 'd']);
  });

  test('whoever waits ten minutes rises one level, and again', () => {
    const sim = hanging({ globalSlots: 1 });
    sim.trigger(dagOf([task('low', { priority: 'low' })], { id: 'a' }));
    sim.trigger(dagOf(many(9, 'high', { priority: 'high' }), { id: 'b' }));
    sim.turn();
    const startsAfter: number[] = [];
    while (!sim.starts.includes('low')) {
      sim.now += 400_000;
      sim.end(sim.running[0] as string);
      sim.turn();
      startsAfter.push(sim.now);
    }
    // Three ends, 20 minutes: low counts as high, and its DAG holds no slot.
    expect(startsAfter).toHaveLength(3);
  });
});

describe('fair share', () => {
  test('DAGs with ready work get equal shares of the slots, large or small', () => {
    const sim = hanging({ globalSlots: 12 });
    sim.trigger(dagOf(many(1_000, 'big'), { id: 'big' }));
    sim.trigger(dagOf(many(50, 'mid'), { id: 'mid' }));
    sim.trigger(dagOf(many(4, 'few'), { id: 'few' }));
    sim.turn();
    const share = (name: string): number => sim.running.filter((one) => one.startsWith(name)).length;
    expect([share('big'), share('mid'), share('few')]).toEqual([4, 4, 4]);
  });

  test('runs of one DAG share its part', () => {
    const sim = hanging({ globalSlots: 8 });
    const runs = [1, 2].map(() => sim.trigger(dagOf(many(100, 't'), { id: 'twice' })));
    sim.trigger(dagOf(many(100, 'o'), { id: 'once' }));
    sim.turn();
    expect([...runs.map((run) => run.active), sim.world.dagLoad('once').active]).toEqual([2, 2, 4]);
  });

  test('100,000 ready tasks do not hold up the chain of another DAG: one step a turn', () => {
    const sim = new Simulation({ globalSlots: 4 }, false);
    sim.behaviour = () => 'hang';
    sim.trigger(dagOf(many(100_000, 'wide'), { id: 'wide' }));
    sim.turn();
    const chain = Array.from({ length: 20 }, (_, i) => task(`c${i}`, i > 0 ? { after: [`c${i - 1}`] } : {}));
    const run = sim.trigger(dagOf(chain, { id: 'chain' }));
    sim.end('wide0');
    sim.turn();
    for (let step = 0; step < 20; step++) {
      expect(sim.running).toContain(`c${step}`);
      sim.end(`c${step}`);
      sim.turn();
    }
    expect(run.record.state).toBe('success');
  });
});

describe('pools', () => {
  test('a full pool hides no work elsewhere: it starts in the same turn', () => {
    const sim = hanging({ pools: { default: 10, full: 1, free: 1 } });
    sim.trigger(
      dagOf([
        ...many(1_000, 'x', { pool: 'full', priority: 'urgent' }),
        task('y', { pool: 'free', priority: 'low' }),
      ]),
    );
    sim.turn();
    expect(sim.running).toEqual(['x0', 'y']);
  });

  test('what needs more slots than are free lets smaller work pass', () => {
    const sim = hanging({ pools: { default: 3 } });
    sim.trigger(dagOf([task('a', { poolSlots: 2 }), task('b', { poolSlots: 2, priority: 5 }), task('c')]));
    sim.turn();
    expect(sim.running).toEqual(['b', 'c']);
    sim.end('c');
    sim.turn();
    expect(sim.running).toEqual(['b']);
    sim.end('b');
    sim.turn();
    expect(sim.running).toEqual(['a']);
  });
});

describe('caps', () => {
  const peak = (
    spec: DagSpec,
    limits: ConstructorParameters<typeof Simulation>[0] = {},
    runs = 1,
    maxParallel?: number,
  ): number => {
    const sim = new Simulation(limits);
    sim.behaviour = () => 'hang';
    for (let run = 0; run < runs; run++) sim.trigger(spec, maxParallel === undefined ? {} : { maxParallel });
    sim.turn();
    let most = 0;
    while (sim.running.length > 0) {
      most = Math.max(most, sim.running.length);
      sim.end(sim.running[0] as string);
      sim.turn();
    }
    expect(sim.world.used).toBe(0);
    return most;
  };
  const tasks = many(20, 't');
  const keyed = [task('f.a', { fanOut: 0 }), task('f.b', { fanOut: 0 })];
  const fanOut = { path: 'f', over: "['a', 'b', 'c', 'd', 'e']" };
  const rows: [string, number, () => number][] = [
    ['global slots', 3, () => peak(dagOf(tasks), { globalSlots: 3 })],
    ['default of a run', 16, () => peak({ v: 1, id: 'x', tasks })],
    ['a run by its DAG', 2, () => peak(dagOf(tasks, { maxActiveTasks: 2 }))],
    ['a run by its own limit', 5, () => peak(dagOf(tasks, { maxActiveTasks: 2 }), {}, 1, 5)],
    ['all runs of a DAG', 3, () => peak(dagOf(tasks, { maxActiveTasksTotal: 3 }), {}, 4)],
    ['runs at once', 2, () => peak(dagOf([task('a')], { maxActiveRuns: 2 }), {}, 5)],
    ['runs at once by default', 16, () => peak(dagOf([task('a')]), {}, 20)],
    ['a pool', 4, () => peak(dagOf(tasks.map((one) => ({ ...one, pool: 'p' }))), { pools: { p: 4 } })],
    ['a task over runs', 2, () => peak(dagOf([task('a', { maxActive: 2 })]), {}, 6)],
    [
      'a task within a run',
      3,
      () => peak(dagOf([task('f.a', { fanOut: 0, maxActivePerRun: 3 })], { fanOuts: [fanOut] })),
    ],
    ['a fan-out', 2, () => peak(dagOf(keyed, { fanOuts: [{ ...fanOut, maxParallel: 2 }] }))],
  ];
  test.each(rows)('%s: never more than %i at once', (_, limit, run) => {
    expect(run()).toBe(limit);
  });

  test('a cap of a task counts what versions without it have under way', () => {
    const sim = hanging();
    const [old, young] = [dagOf([task('a')]), dagOf([task('a', { maxActive: 2 })])];
    for (const spec of [old, old, old, young, young]) sim.trigger(spec);
    sim.turn();
    expect(sim.running.length).toBe(3);
    sim.end('a');
    sim.turn();
    expect(sim.running.length).toBe(2);
    sim.end('a');
    sim.turn();
    expect(sim.running.length).toBe(2);
    while (sim.running.length > 0) {
      sim.end('a');
      sim.turn();
      expect(sim.running.length).toBeLessThanOrEqual(2);
    }
    expect(sim.starts.length).toBe(5);
  });

  test('unknown pools and pools that are too small start nothing, and say why', () => {
    const sim = hanging({ pools: { tiny: 1 } });
    const run = sim.trigger(
      dagOf([task('a', { pool: 'nowhere' }), task('b', { pool: 'tiny', poolSlots: 2 })]),
    );
    sim.turn();
    expect([sim.running, statesOf(run)]).toEqual([[], { a: 'scheduled', b: 'scheduled' }]);
  });

  test('an idle leader starts nothing new while it hands over', () => {
    const sim = hanging();
    sim.world.draining = true;
    const run = sim.trigger(dagOf([task('a')]));
    sim.turn();
    expect([run.record.state, sim.running]).toEqual(['queued', []]);
  });

  test('a run that ends lets the next one begin and end in the same turn', () => {
    const sim = new Simulation();
    const pass = dagOf([task('a', { action: { kind: 'pass' } })], { maxActiveRuns: 1 });
    const runs = [1, 2, 3].map(() => sim.trigger(pass));
    sim.turn();
    expect(runs.map((run) => run.record.state)).toEqual(['success', 'success', 'success']);
  });
});

interface Dependencies {
  readonly pool: readonly {
    open_slots?: number;
    needs?: number;
    pool?: string;
    task_state?: string;
    may_run: boolean;
  }[];
  readonly task_concurrency: readonly {
    max_active_tis_per_dag: number | null;
    max_active_tis_per_dagrun: number | null;
    running_instances: number | null;
    may_run: boolean;
  }[];
  readonly branch_skip: readonly { dag: string; skipped: readonly string[] }[];
  readonly priority_weight: readonly { rule: string; values?: readonly number[] }[];
}
const airflow = airflowData<Dependencies>('dependencies');

// The tables of Airflow's behaviour lie beside the project, not in it.
describe.skipIf(!airflow)('pools, caps, branches and weights of Airflow', () => {
  const pools = (airflow?.pool ?? []).filter((row) => row.task_state === undefined);
  test.each(pools.map((row) => [row] as const))('pool %j', (row) => {
    const open = row.open_slots ?? 1;
    const sim = hanging({ pools: { p: open } });
    sim.trigger(dagOf([task('a', { pool: row.pool ?? 'p', poolSlots: row.needs ?? 1 })]));
    sim.turn();
    expect(sim.running.length > 0).toBe(row.may_run);
  });

  test.each((airflow?.task_concurrency ?? []).map((row) => [row] as const))('concurrency %j', (row) => {
    const sim = hanging();
    const caps = {
      ...(row.max_active_tis_per_dag === null ? {} : { maxActive: row.max_active_tis_per_dag }),
      ...(row.max_active_tis_per_dagrun === null ? {} : { maxActivePerRun: row.max_active_tis_per_dagrun }),
    };
    const running = row.running_instances ?? 0;
    const keys = Array.from({ length: running + 1 }, (_, key) => `k${key}`);
    const fanOuts = [{ path: 'f', over: JSON.stringify(keys).replaceAll('"', "'") }];
    sim.trigger(dagOf([task('f.a', { fanOut: 0, ...caps })], { fanOuts }));
    sim.turn();
    expect(sim.running.length === running + 1).toBe(row.may_run);
  });

  test('branches skip what was not chosen', () => {
    const cases = [{ when: 'params.toOp3', value: 'op3' }];
    const branch = task('op1', { action: { kind: 'choose', cases, otherwise: 'op2' } });
    const op = (name: string): TaskSpec => task(name, { needs: { c: 'op1' }, when: `needs.c == '${name}'` });
    const skipped = (toOp3: boolean): string[] => {
      const sim = new Simulation();
      const run = sim.trigger(dagOf([branch, op('op2'), op('op3')]), { params: { toOp3 } });
      sim.run();
      return Object.entries(statesOf(run))
        .filter(([, state]) => state === 'skipped')
        .map(([name]) => name);
    };
    const row = airflow?.branch_skip.find(({ dag }) => dag === 'op1(branch->op3) >> [op2,op3]');
    expect([skipped(true), skipped(false)]).toEqual([row?.skipped, ['op3']]);
  });

  test.each(
    (airflow?.priority_weight ?? [])
      .filter((row) => row.values)
      .map((row) => [row.rule, row.values as readonly number[]] as const),
  )('weights %s', (rule, values) => {
    const weight = { downstream: 5, upstream: 3, absolute: 10 }[rule] as number;
    const stage = (no: number): string[] => Array.from({ length: 5 }, (_, i) => `s${no}t${i}`);
    const tasks = [0, 1, 2, 3, 4].flatMap((no) =>
      stage(no).map((name) => task(name, { priority: weight, after: no === 0 ? [] : stage(no - 1) })),
    );
    const priorityRule = rule === 'absolute' ? {} : { priorityRule: rule as 'downstream' | 'upstream' };
    const templates = templatesOf(compileGraph(dagOf(tasks, priorityRule)));
    expect([0, 5, 10, 15, 20].map((node) => templates.weight[node])).toEqual(values);
  });
});

test('the configured defaults of a run are taken where a DAG says nothing', () => {
  const defaults = { ...ENGINE_DEFAULTS, maxActiveTasks: 2, maxActiveRuns: 1 };
  const sim = hanging({ defaults });
  const spec: DagSpec = { v: 1, id: 'x', tasks: many(5, 't') };
  const runs = [sim.trigger(spec), sim.trigger(spec)];
  sim.turn();
  expect([sim.running, runs.map((run) => run.record.state)]).toEqual([
    ['t0', 't1'],
    ['running', 'queued'],
  ]);
});
