import { expect, test } from 'vitest';
import type { RunWorld } from '../../../core/planner/run-world.ts';
import { dagOf, Simulation, task } from './simulation.ts';

const RUNS = 50;

/** Notes who is looked at: everything that is decided about a run begins with its record. */
function watched(run: RunWorld, looked: Set<RunWorld>): void {
  let { record } = run;
  Object.defineProperty(run, 'record', {
    get() {
      looked.add(run);
      return record;
    },
    set(value: RunWorld['record']) {
      record = value;
    },
  });
}

test('a turn looks only at runs of which something has changed, however many are under way', () => {
  const sim = new Simulation({ globalSlots: RUNS }, false);
  sim.behaviour = () => 'hang';
  const spec = { maxActiveRuns: RUNS, timeoutMs: 3_600_000, deadlineMs: 3_600_000 };
  const runs = Array.from({ length: RUNS }, (_, n) => sim.trigger(dagOf([task(`t${n}`)], spec)));
  // They are stored as running some time after their start.
  for (let turn = 0; turn < 3; turn++) sim.turn();
  const looked = new Set<RunWorld>();
  for (const run of runs) watched(run, looked);
  sim.turn();
  expect(looked.size).toBe(0);
  sim.end('t3');
  sim.turn();
  expect([...looked]).toEqual([runs[3]]);
  expect(runs[3]?.record.state).toBe('success');
});

test('a run that was paused before its start keeps its place before those that came later', () => {
  const sim = new Simulation({ globalSlots: 1 }, false);
  sim.behaviour = () => 'hang';
  const spec = { maxActiveRuns: 1 };
  const runs = ['a', 'b', 'c'].map((name) => sim.trigger(dagOf([task(name)], spec)));
  sim.turn();
  const { runNo } = (runs[1] as RunWorld).record;
  for (const kind of ['pause', 'resume'] as const) {
    sim.request({ kind, inboxId: 1, runNo });
    sim.turn();
  }
  sim.end('a');
  sim.turn();
  sim.turn();
  expect(sim.running).toEqual(['b']);
});

test('a run with nothing to do that waits for its start ends when it is cancelled', () => {
  const sim = new Simulation({ globalSlots: 2 }, false);
  sim.behaviour = (name) => (name === 'b' ? 'hang' : { kind: 'success' });
  const spec = { maxActiveRuns: 1 };
  const run = sim.trigger(dagOf([task('a')], spec));
  for (let turn = 0; turn < 3; turn++) sim.turn();
  sim.end('a');
  sim.trigger(dagOf([task('b')], spec));
  sim.turn();
  sim.turn();
  sim.request({ kind: 'markTask', inboxId: 1, run, by: 'ann', node: 0, state: 'failed' });
  sim.turn();
  expect(run.record.state).toBe('queued');
  sim.request({ kind: 'cancel', inboxId: 2, runNo: run.record.runNo, by: 'ann', kill: false });
  sim.turn();
  expect(run.record.state).toBe('cancelled');
});
