import { describe, expect, test } from 'vitest';
import type { PriorityLevel } from '../../../core/model/dag.ts';
import type { RunWorld } from '../../../core/planner/run-world.ts';
import { dagOf, Simulation, task } from './simulation.ts';

const MINUTES = 60_000;

/** A world with one slot whose attempts go on until they are ended, and one that holds it. */
function busy(more: object = {}): Simulation {
  const sim = new Simulation({ globalSlots: 1 });
  sim.behaviour = () => 'hang';
  sim.trigger(dagOf([task('first')], more));
  sim.turn();
  return sim;
}

function asked(sim: Simulation, name: string, priority?: PriorityLevel, more: object = {}): RunWorld {
  return sim.trigger(dagOf([task(name)], more), priority === undefined ? {} : { priority });
}

function change(sim: Simulation, run: RunWorld, priority: PriorityLevel): unknown {
  sim.request({ kind: 'setPriority', inboxId: 1, runNo: run.record.runNo, priority, by: 'ann' });
  return sim.turn().actions.find(({ type }) => type === 'answer');
}

/** Ends what holds the slot, again and again; what started meanwhile, in that order. */
function startsAfter(sim: Simulation): string[] {
  const before = sim.starts.length;
  for (let name = sim.running[0]; name !== undefined; name = sim.running[0]) {
    sim.end(name);
    sim.turn();
  }
  return sim.starts.slice(before);
}

describe('the priority of a run', () => {
  test('goes before the levels of its tasks, whatever their DAG says', () => {
    const sim = busy();
    asked(sim, 'plain');
    asked(sim, 'low', 'low', { id: 'high', priority: 'high' });
    asked(sim, 'urgent', 'urgent', { id: 'other' });
    asked(sim, 'high', undefined, { id: 'high', priority: 'high' });
    sim.turn();
    expect(startsAfter(sim)).toEqual(['urgent', 'high', 'plain', 'low']);
  });

  test('changes while the run waits, and is stored with who has changed it', () => {
    const sim = busy();
    const one = asked(sim, 'one');
    asked(sim, 'two', 'high');
    sim.turn();
    expect(change(sim, one, 'urgent')).toMatchObject({ answer: { ok: true } });
    expect(sim.actions.at(-2)).toMatchObject({
      code: 'prioritized',
      priority: 'urgent',
      facts: { by: 'ann' },
    });
    expect(startsAfter(sim)).toEqual(['one', 'two']);
  });

  test('does not change any more once nothing of the run is to start', () => {
    const sim = busy();
    const [running] = [...sim.world.runs.values()] as [RunWorld];
    expect(change(sim, running, 'high')).toMatchObject({ answer: { ok: false, code: 'conflict' } });
  });

  test('decides which run starts next where a DAG has no room for all of them', () => {
    const sim = busy({ maxActiveRuns: 1 });
    for (const [name, priority] of [
      ['a', 'low'],
      ['b', 'normal'],
      ['c', 'high'],
    ] as const)
      asked(sim, name, priority, { maxActiveRuns: 1 });
    sim.turn();
    expect(startsAfter(sim)).toEqual(['c', 'b', 'a']);
  });

  test('rises with the time that a run waits for its start', () => {
    const sim = busy({ maxActiveRuns: 1 });
    asked(sim, 'old', 'normal', { maxActiveRuns: 1 });
    sim.turn();
    sim.now += 21 * MINUTES;
    asked(sim, 'young', 'high', { maxActiveRuns: 1 });
    sim.turn();
    expect(startsAfter(sim)).toEqual(['old', 'young']);
  });
});
