import { describe, expect, test } from 'vitest';
import { type DagSpec, PRIORITY_LEVELS, type TaskSpec } from '../../../core/model/dag.ts';
import { ENGINE_DEFAULTS } from '../../../core/model/defaults.ts';
import { ChoiceOracle } from './choice-oracle.ts';
import { Random } from './random.ts';
import { RANDOM_POOLS, RandomDag, randomParams } from './random-dag.ts';
import { dagOf, Simulation, task } from './simulation.ts';
import { outcomeOf } from './storm.ts';

describe('the order of the choice', () => {
  /** Plays random DAGs side by side with every kind of limit, and lets time pass by minutes. */
  function play(seed: number): number {
    const random = new Random(seed);
    const traits = { tasks: 2 + random.upTo(9), rich: random.chance(0.7), limits: true, critical: false };
    const dags = ['one', 'two', 'three'].map((id): DagSpec => {
      const { timeoutMs: _, ...spec } = new RandomDag(random, traits).build(id);
      return { ...spec, maxActiveRuns: 3, ...(random.chance(0.2) ? { priority: 'high' as const } : {}) };
    });
    const pools = { ...RANDOM_POOLS, default: 1 + random.upTo(3) };
    const sim = new Simulation({ globalSlots: 1 + random.upTo(4), pools, defaults: ENGINE_DEFAULTS });
    sim.behaviour = (name, tryNo) => outcomeOf(name, tryNo, true);
    const oracle = new ChoiceOracle();
    let starts = 0;
    for (let step = 0; step < 60; step++) {
      if (step < 3 || random.chance(0.1))
        sim.trigger(random.pick(dags), {
          params: randomParams(random) as never,
          ...(random.chance(0.3) ? { priority: random.pick(PRIORITY_LEVELS) } : {}),
        });
      const [waiting] = [...sim.world.runs.values()].filter(() => random.chance(0.1));
      if (waiting) {
        const { runNo } = waiting.record;
        const priority = random.pick(PRIORITY_LEVELS);
        sim.request({ kind: 'setPriority', inboxId: null, runNo, priority, by: 'ann' });
      }
      const turn = sim.turn();
      oracle.check(sim.world, turn, sim.now);
      starts += turn.dispatch.length;
      if (random.chance(0.3)) sim.now += random.pick([1_000, 250_000, 600_000, 1_300_000]);
      if (random.chance(0.02)) sim.now -= 500_000;
      const names = sim.running;
      if (names.length > 0 && random.chance(0.8)) sim.end(random.pick(names));
    }
    return starts;
  }

  test('is that of a scan over everything that is ready, whatever the limits', () => {
    let starts = 0;
    for (let seed = 1; seed <= 80; seed++) {
      try {
        starts += play(seed);
      } catch (error) {
        throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
      }
    }
    expect(starts).toBeGreaterThan(800);
  });
});

describe('a choice costs the logarithm of what waits', () => {
  const list = (count: number): string => JSON.stringify(Array.from({ length: count }, (_, i) => `k${i}`));
  const over = (count: number): string => list(count).replaceAll('"', "'");
  const rows: [string, Simulation, () => void][] = [];
  const add = (
    name: string,
    limits: ConstructorParameters<typeof Simulation>[0],
    spec: DagSpec,
    runs = 1,
  ) => {
    const sim = new Simulation(limits, false);
    sim.behaviour = () => 'hang';
    rows.push([name, sim, () => Array.from({ length: runs }, () => sim.trigger(spec))]);
  };
  const tasks = (count: number, more: Partial<TaskSpec> = {}): TaskSpec[] =>
    Array.from({ length: count }, (_, index) => task(`t${index}`, more));
  const nested = (outer: number, inner: number): DagSpec => ({
    ...dagOf([task('a.b.u', { fanOut: 1 })]),
    fanOuts: [
      { path: 'a', over: over(outer) },
      { path: 'a.b', parent: 0, over: over(inner), maxParallel: 2 },
    ],
  });
  const many = { maxActiveRuns: 10_000 };
  add('300 fan-outs of 20 keys, all with two under way', {}, nested(300, 20));
  add('20,000 ready instances of one run', { globalSlots: 4 }, dagOf(tasks(20_000)));
  add('2,000 runs before a full pool', { pools: { default: 1 } }, dagOf([task('a')], many), 2_000);
  add('2,000 runs before a full task', {}, dagOf([task('a', { maxActive: 1 })], many), 2_000);
  add('2,000 runs before a full DAG', {}, dagOf([task('a')], { ...many, maxActiveTasksTotal: 1 }), 2_000);
  add('2,000 full runs', {}, dagOf(tasks(2), { ...many, maxActiveTasks: 1 }), 2_000);
  add(
    '2,000 runs with tasks that need more of a pool than is free',
    { pools: { default: 3 } },
    dagOf([task('big', { poolSlots: 2 }), task('small', { priority: 'low' })], many),
    2_000,
  );
  test.each(rows)('%s', (_, sim, trigger) => {
    trigger();
    sim.turn();
    for (let turn = 0; turn < 20; turn++) {
      const before = sim.world.ranking.steps;
      const { running } = sim;
      sim.end(running[(turn * 7) % running.length] as string);
      const { dispatch } = sim.turn();
      expect(dispatch.length).toBeGreaterThan(0);
      expect(sim.world.ranking.steps - before).toBeLessThan(150 * dispatch.length);
    }
  });

  test('a turn in which nothing can start asks nobody', () => {
    const sim = new Simulation({ pools: { default: 1 } }, false);
    sim.behaviour = () => 'hang';
    for (let run = 0; run < 2_000; run++) sim.trigger(dagOf([task('a')], many));
    sim.turn();
    const before = sim.world.ranking.steps;
    for (let turn = 0; turn < 100; turn++) sim.turn();
    expect(sim.world.ranking.steps).toBe(before);
  });
});
