import { expect, test } from 'vitest';
import type { RunWorld } from '../../../core/planner/run-world.ts';
import { World } from '../../../core/planner/world.ts';
import { dagOf, FAILURE, Simulation, SUCCESS, statesOf, task } from './simulation.ts';

const HOUR = 3_600_000;

/** A world in which the first task of a run is under way; at most one attempt at once. */
function started(more: object = {}): { sim: Simulation; run: RunWorld } {
  const sim = new Simulation({ globalSlots: 1 });
  sim.behaviour = () => 'hang';
  const run = sim.trigger(
    dagOf([task('a', { timeoutMs: 60_000, ...more }), task('b', { needs: { a: 'a' } })]),
  );
  sim.turn();
  sim.reportStarts();
  sim.turn();
  return { sim, run };
}

function ask(sim: Simulation, { record: { runNo } }: RunWorld, kind: 'pause' | 'resume'): void {
  const about = { inboxId: null, runNo };
  sim.request(kind === 'pause' ? { ...about, kind, attempts: true } : { ...about, kind });
  sim.turn();
}

test('an attempt without a checkpoint is held where it is, keeps its slot, and goes on then', () => {
  const { sim, run } = started();
  ask(sim, run, 'pause');
  expect([statesOf(run)['a'], run.record.state, sim.world.used]).toEqual(['paused', 'paused', 1]);
  expect([sim.holds, sim.stops]).toEqual([[['a', true]], []]);
  expect(sim.actions.at(-1)).toMatchObject({ type: 'instance', tryNo: 1, startedAt: 1_000_000 });
  ask(sim, run, 'resume');
  expect([statesOf(run)['a'], sim.holds.at(-1)]).toEqual(['running', ['a', false]]);
  sim.end('a', SUCCESS);
  sim.turn();
  expect(sim.starts).toEqual(['a', 'b']);
});

test('its time stands still meanwhile, and goes on where it was', () => {
  const { sim, run } = started();
  sim.now += 40_000;
  ask(sim, run, 'pause');
  sim.now += HOUR;
  sim.turn();
  ask(sim, run, 'resume');
  sim.now += 19_999;
  sim.turn();
  expect(sim.stops).toEqual([]);
  sim.now += 1;
  sim.turn();
  expect(sim.stops).toMatchObject([{ name: 'a', reason: 'timeout' }]);
});

test('one that has not started is held as soon as it does, one that is being ended is not', () => {
  const sim = new Simulation();
  sim.behaviour = () => 'hang';
  const run = sim.trigger(dagOf([task('a')]));
  sim.turn();
  ask(sim, run, 'pause');
  expect(sim.holds).toEqual([]);
  sim.reportStarts();
  sim.turn();
  expect([sim.holds, statesOf(run)]).toEqual([[['a', true]], { a: 'paused' }]);
  const late = started();
  late.sim.holdStops = true;
  late.sim.now += 60_000;
  late.sim.turn();
  ask(late.sim, late.run, 'pause');
  expect([late.sim.stops.length, late.sim.holds]).toEqual([1, []]);
});

test('a cancel ends it, and so does a leader that ends: then it begins anew with the resume', () => {
  const { sim, run } = started();
  ask(sim, run, 'pause');
  sim.request({ kind: 'cancel', inboxId: null, runNo: run.record.runNo, by: 'ann', kill: false });
  sim.turn();
  sim.turn();
  expect([sim.stops[0]?.reason, statesOf(run)['a'], run.record.state]).toEqual([
    'user',
    'cancelled',
    'cancelled',
  ]);
  const ending = started();
  ask(ending.sim, ending.run, 'pause');
  ending.sim.world.draining = true;
  ending.sim.turn();
  ending.sim.turn();
  expect(ending.sim.stops).toMatchObject([{ name: 'a', reason: 'pause' }]);
  expect([statesOf(ending.run)['a'], ending.sim.world.used]).toEqual(['scheduled', 0]);
  ending.sim.world.draining = false;
  ask(ending.sim, ending.run, 'resume');
  expect(ending.sim.starts).toEqual(['a', 'a']);
  ending.sim.end('a', FAILURE);
  ending.sim.turn();
  expect(statesOf(ending.run)['a']).toBe('failed');
});

test('after a crash it is lost and runs anew with the resume; hooks of its start run once', () => {
  const { sim, run } = started();
  ask(sim, run, 'pause');
  const [again] = sim.crash([run.graph]) as [RunWorld];
  sim.turn();
  expect([statesOf(again)['a'], sim.starts]).toEqual(['scheduled', ['a']]);
  ask(sim, again, 'resume');
  expect(sim.starts).toEqual(['a', 'a']);
  const hooked = started({ hooks: { onStart: [{ kind: 'shell', run: 'true' }] } });
  ask(hooked.sim, hooked.run, 'pause');
  ask(hooked.sim, hooked.run, 'resume');
  expect(hooked.sim.world.dueHooks).toHaveLength(1);
});

test('memory that is read again has it held with the time that it had left', () => {
  const { sim, run } = started();
  sim.now += 40_000;
  ask(sim, run, 'pause');
  const before = sim.world;
  const live = new Set([run.attemptOf(0)]);
  const again = sim.store?.load(run.record.runNo, run.graph) as RunWorld;
  sim.world = new World(before.limits, 0, before);
  sim.request({ kind: 'adopt', inboxId: null, run: again, live });
  sim.turn();
  expect([statesOf(again)['a'], [...sim.world.heldStill.values()]]).toEqual(['paused', [20_000]]);
});
