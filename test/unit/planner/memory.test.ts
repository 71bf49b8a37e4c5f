import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import type { World } from '../../../core/planner/world.ts';
import { dagOf, Simulation, task } from './simulation.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** A world in which one run has ended and another one waits, and a weak hold of the one that has ended. */
function worldAfterRun(): { readonly world: World; readonly run: WeakRef<object> } {
  const sim = new Simulation({ globalSlots: 1 }, false);
  const run = sim.trigger(dagOf([task('a'), task('b', { after: ['a'] })]));
  sim.run();
  expect(run.record.state).toBe('success');
  sim.behaviour = () => 'hang';
  sim.trigger(dagOf([task('c'), task('d')]));
  sim.turn();
  return { world: sim.world, run: new WeakRef(run) };
}

test('a leader holds nothing of a run that has ended', async () => {
  const { world, run } = worldAfterRun();
  await new Promise(setImmediate);
  collectGarbage();
  expect(run.deref()).toBeUndefined();
  expect(world.runs.size).toBe(1);
});
