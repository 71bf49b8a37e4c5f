import { expect, test } from 'vitest';
import type { Outcome } from '../../../core/model/attempt.ts';
import { dagOf, FAILURE, Simulation, statesOf, task } from './simulation.ts';

const LIST: Outcome = { kind: 'success', output: '{"items":["a","b"]}' };
const SPEC = dagOf([task('list'), task('f.x', { fanOut: 0 })], {
  fanOuts: [{ path: 'f', over: 'needs.l.items', needs: { l: 'list' } }],
});

/** A run whose list was there once, and was then done again as told. */
function listedAgain(outcome: Outcome) {
  const sim = new Simulation();
  sim.behaviour = (name, tryNo) => (name === 'list' ? (tryNo === 1 ? LIST : outcome) : { kind: 'success' });
  const run = sim.trigger(SPEC);
  sim.run();
  expect(run.record.state).toBe('success');
  const selection = { select: 'nodes', nodes: [0], upstream: false, downstream: true } as const;
  sim.request({ kind: 'retry', inboxId: null, run, by: 'ann', selection });
  sim.run();
  return { sim, run };
}

const gateRow = (sim: Simulation) => sim.store?.row(1, 1);

test('a list that failed again and is marked success has no output: the fan-out says so', () => {
  const { sim, run } = listedAgain(FAILURE);
  expect(statesOf(run)).toMatchObject({ list: 'failed', 'f[a].x': 'upstream_failed' });
  sim.request({ kind: 'markTask', inboxId: null, run, by: 'ann', node: 0, state: 'success' });
  sim.run();
  expect(statesOf(run)).toMatchObject({ list: 'success', 'f[a].x': 'upstream_failed' });
  expect(gateRow(sim)).toMatchObject({ state: 'failed', because: { code: 'expansion_failed' } });
  expect(gateRow(sim)?.because?.text).toMatch(/: list gave no output, as a task that was marked success; a /);
  sim.behaviour = () => LIST;
  sim.request({ kind: 'retry', inboxId: null, run, by: 'ann', selection: { select: 'all' } });
  sim.run();
  expect([run.record.state, statesOf(run)['f[b].x']]).toEqual(['success', 'success']);
});

test('a list that is there but is none is not blamed on a mark', () => {
  const { sim } = listedAgain({ kind: 'success', output: '{"items":7}' });
  expect(gateRow(sim)?.because?.text).toBe(
    'Fan-out f cannot be expanded: needs.l.items is a number, not a list',
  );
});

test('a mark takes nothing away: marked failed and success again, the list is that of its attempt', () => {
  const { sim, run } = listedAgain({ kind: 'success', output: '{"items":["c"]}' });
  for (const state of ['failed', 'success'] as const) {
    sim.request({ kind: 'markTask', inboxId: null, run, by: 'ann', node: 0, state });
    sim.run();
  }
  expect(statesOf(run)).toMatchObject({ list: 'success', 'f[c].x': 'success', 'f[a].x': 'removed' });
});
