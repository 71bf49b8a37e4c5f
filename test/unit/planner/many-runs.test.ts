import { expect, test } from 'vitest';
import type { RunWorld } from '../../../core/planner/run-world.ts';
import { dagOf, Simulation, task } from './simulation.ts';

const RUNS = 50;

/** Counts how often somebody asks what a run still has to do. */
function counted(run: RunWorld, asked: Map<RunWorld, number>): void {
  let { open } = run;
  Object.defineProperty(run, 'open', {
    get() {
      asked.set(run, (asked.get(run) ?? 0) + 1);
      return open;
    },
    set(value: number) {
      open = value;
    },
  });
}

test('a turn looks only at runs of which something has changed, however many are under way', () => {
  const sim = new Simulation({ globalSlots: RUNS }, false);
  sim.behaviour = () => 'hang';
  const spec = { maxActiveRuns: RUNS };
  const runs = Array.from({ length: RUNS }, (_, n) => sim.trigger(dagOf([task(`t${n}`)], spec)));
  // They are stored as running some time after their start.
  for (let turn = 0; turn < 3; turn++) sim.turn();
  const asked = new Map<RunWorld, number>();
  for (const run of runs) counted(run, asked);
  sim.turn();
  expect(asked.size).toBe(0);
  sim.end('t3');
  sim.turn();
  expect([...asked.keys()]).toEqual([runs[3]]);
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
