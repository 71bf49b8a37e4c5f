import { describe, expect, test } from 'vitest';
import type { TaskAction } from '../../../core/model/dag.ts';
import { InputReader } from '../../../core/scheduler/inputs.ts';
import type { Store } from '../../../core/store/store.ts';
import { dagOf, Simulation, task } from '../planner/simulation.ts';

const NO_STORE = {} as Store;

/** What `next` is given of a task with this action, in the process that decided about it. */
function given(action: TaskAction, by: (sim: Simulation) => void = () => {}) {
  const sim = new Simulation();
  const run = sim.trigger(dagOf([task('first', { action }), task('next', { needs: { value: 'first' } })]));
  sim.turn();
  by(sim);
  sim.turn();
  return new InputReader(NO_STORE, '/nowhere').now(run, 1, 1);
}

describe('the inputs of a task', () => {
  test('hold what a choice has come to', () => {
    expect(given({ kind: 'choose', cases: [{ when: '1 > 2', value: 'a' }], otherwise: 'b' })).toEqual([
      '"b"',
    ]);
  });

  test('hold the option that people decided for', () => {
    const action = { kind: 'approval', title: 'Go?', options: ['yes', 'no'] } as const;
    const answer = (sim: Simulation): void => {
      const [run] = sim.world.runs.values();
      if (!run) throw new Error('the run is not there');
      sim.request({ inboxId: 1, kind: 'approve', run, node: 0, option: 'no', by: 'ann', message: null });
    };
    expect(given(action, answer)).toEqual(['"no"']);
  });
});
