import { describe, expect, test } from 'vitest';
import { attemptId, type NodeNo, type TryNo } from '../../../core/model/ids.ts';
import type { RunWorld } from '../../../core/planner/run-world.ts';
import { dagOf, FAILURE, Simulation, SUCCESS, statesOf, task } from './simulation.ts';

const RETRIED = { retries: { max: 1, delayMs: 1_000 } };

/** A world in which the one task of a run is under way. */
function started(more: object = {}): { sim: Simulation; run: RunWorld } {
  const sim = new Simulation();
  sim.behaviour = () => 'hang';
  const run = sim.trigger(dagOf([task('a', more)]));
  sim.turn();
  sim.reportStarts();
  sim.turn();
  return { sim, run };
}

function keep(sim: Simulation, run: RunWorld, state: string): void {
  const id = attemptId(run.record.runNo, 0 as NodeNo, run.tryNo[0] as TryNo);
  sim.tell({ type: 'attempt.checkpoint', attemptId: id, at: sim.now, state });
  sim.turn();
}

const ask = (sim: Simulation, run: RunWorld, kind: 'pause' | 'resume'): void => {
  const { runNo } = run.record;
  sim.request(
    kind === 'pause' ? { kind, inboxId: null, runNo, attempts: true } : { kind, inboxId: null, runNo },
  );
  sim.turn();
};

describe('a checkpoint', () => {
  test('is stored, outlives a retry, and is gone with the success', () => {
    const { sim, run } = started(RETRIED);
    keep(sim, run, '{"row":3}');
    expect(sim.actions.at(-1)).toMatchObject({ type: 'checkpoint', tryNo: 1, state: '{"row":3}' });
    sim.end('a', FAILURE);
    sim.turn();
    sim.now += 1_000;
    sim.turn();
    expect([sim.starts, run.checkpoints.get(0)?.state]).toEqual([['a', 'a'], '{"row":3}']);
    sim.end('a', SUCCESS);
    sim.turn();
    expect(run.checkpoints.size).toBe(0);
    expect(sim.actions).toContainEqual(expect.objectContaining({ type: 'checkpoint', state: null }));
  });

  test('lets a pause stop the attempt, which is no failure, and the next one starts with the resume', () => {
    const { sim, run } = started();
    keep(sim, run, '1');
    ask(sim, run, 'pause');
    sim.turn();
    expect(sim.stops).toMatchObject([{ name: 'a', reason: 'pause', graceMs: 10_000 }]);
    expect([run.record.state, run.active, sim.running]).toEqual(['paused', 0, []]);
    expect(sim.actions.at(-1)).toMatchObject({ type: 'instance', tryNo: 1, tryBase: 1 });
    ask(sim, run, 'resume');
    expect([sim.starts, run.checkpoints.get(0)?.state]).toEqual([['a', 'a'], '1']);
    sim.end('a', FAILURE);
    sim.turn();
    expect(statesOf(run)).toEqual({ a: 'failed' });
  });

  test('that arrives when its attempt is held still stops it; after the resume it does not', () => {
    const { sim, run } = started();
    ask(sim, run, 'pause');
    keep(sim, run, '1');
    sim.turn();
    expect([sim.stops.length, sim.running, sim.world.heldStill.size]).toEqual([1, [], 0]);
    const other = started();
    ask(other.sim, other.run, 'pause');
    ask(other.sim, other.run, 'resume');
    keep(other.sim, other.run, '1');
    expect(other.sim.stops).toEqual([]);
  });

  test('of an attempt before does not stop one that has kept none', () => {
    const { sim, run } = started(RETRIED);
    keep(sim, run, '1');
    sim.end('a', FAILURE);
    sim.turn();
    sim.now += 1_000;
    sim.turn();
    sim.reportStarts();
    sim.turn();
    ask(sim, run, 'pause');
    expect([sim.stops, sim.holds]).toEqual([[], [['a', true]]]);
  });

  test('makes no difference to a cancel: the attempt that is being stopped ends cancelled', () => {
    const { sim, run } = started();
    keep(sim, run, '1');
    sim.holdStops = true;
    ask(sim, run, 'pause');
    sim.request({ kind: 'cancel', inboxId: null, runNo: run.record.runNo, by: 'ann', kill: false });
    sim.turn();
    sim.end('a', { kind: 'stopped' });
    sim.turn();
    expect([statesOf(run), run.record.state]).toEqual([{ a: 'cancelled' }, 'cancelled']);
  });
});
