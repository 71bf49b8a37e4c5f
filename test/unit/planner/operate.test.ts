import { describe, expect, test } from 'vitest';
import { explain, explainRun } from '../../../core/planner/explain.ts';
import { applyLimits } from '../../../core/planner/operate.ts';
import { dagOf, Simulation, task } from './simulation.ts';

const three = () => dagOf(['a', 'b', 'c'].map((name) => task(name, { pool: 'db' })));

describe('a scheduler that is operated', () => {
  test('starts nothing while it is paused, says so, and goes on after', () => {
    const sim = new Simulation();
    sim.behaviour = () => 'hang';
    sim.world.pause = { by: 'ann', at: 0 };
    const run = sim.trigger(dagOf([task('a')]));
    sim.turn();
    expect(sim.starts).toEqual([]);
    expect(explainRun(sim.world, run)).toMatchObject({ code: 'scheduler_paused', by: 'ann' });
    sim.world.pause = null;
    sim.turn();
    expect(sim.starts).toEqual(['a']);
  });

  test('has other limits at once, and ends nothing for smaller ones', () => {
    const sim = new Simulation({ globalSlots: 1, pools: { db: 1 } }, false);
    sim.behaviour = () => 'hang';
    sim.trigger(three());
    sim.turn();
    expect(sim.starts).toEqual(['a']);
    applyLimits(sim.world, { ...sim.world.limits, globalSlots: 3, pools: { db: 2 } });
    sim.turn();
    expect(sim.starts).toEqual(['a', 'b']);
    applyLimits(sim.world, { ...sim.world.limits, globalSlots: 1, pools: { db: 3 } });
    sim.turn();
    expect(sim.running).toHaveLength(2);
    sim.end(sim.running[0] as string);
    sim.turn();
    expect(sim.starts).toEqual(['a', 'b']);
  });

  test('has pools that are new and loses those that go, for tasks that wait too', () => {
    const sim = new Simulation({ globalSlots: 9, pools: {} }, false);
    sim.behaviour = () => 'hang';
    const run = sim.trigger(three());
    sim.turn();
    expect(sim.starts).toEqual([]);
    expect(explain(sim.world, run, 0, null).because).toMatchObject({ code: 'pool_unknown', pool: 'db' });
    const limits = sim.world.limits;
    applyLimits(sim.world, { ...limits, pools: { ...limits.pools, db: 2 } });
    sim.turn();
    expect(sim.starts).toEqual(['a', 'b']);
    applyLimits(sim.world, limits);
    sim.end(sim.running[0] as string);
    sim.turn();
    expect(sim.starts).toEqual(['a', 'b']);
    applyLimits(sim.world, { ...limits, pools: { ...limits.pools, db: 2 } });
    sim.turn();
    // The slot that was taken before it went is still held.
    expect(sim.starts).toEqual(['a', 'b', 'c']);
    expect(sim.world.pool('db').used).toBe(2);
  });
});
