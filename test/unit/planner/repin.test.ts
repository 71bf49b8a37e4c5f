import { describe, expect, test } from 'vitest';
import { compileGraph } from '../../../core/graph/graph.ts';
import type { RunNo, VersionNo } from '../../../core/model/ids.ts';
import type { RetrySelection } from '../../../core/planner/retry-selection.ts';
import { World } from '../../../core/planner/world.ts';
import { dagOf, FAILURE, Simulation, statesOf, task } from './simulation.ts';

const OLD = compileGraph(dagOf([task('a'), task('b', { after: ['a'] }), task('c')]));
/** The same tasks; `c` comes after `b`, which is tried twice. */
const NEW = compileGraph(
  dagOf([
    task('a'),
    task('b', { after: ['a'], retries: { max: 1, delayMs: 0 } }),
    task('c', { after: ['b'] }),
  ]),
);
const [V1, V2] = [1 as VersionNo, 2 as VersionNo];

/** A run of the old graph of which `b` has failed. */
function failedRun() {
  const sim = new Simulation();
  sim.behaviour = (name) => (name === 'b' ? FAILURE : { kind: 'success' });
  sim.trigger(OLD, { params: { n: 1 } });
  sim.run();
  expect(sim.store?.runs.get(1)?.record).toMatchObject({ state: 'failed', versionNo: V1 });
  sim.starts.length = 0;
  return sim;
}

function retryWithNew(sim: Simulation, selection: RetrySelection = { select: 'failed' }, from = V1) {
  const run = sim.store?.load(1, NEW, { versionNo: V2, params: { n: 1, m: 2 } });
  if (!run) throw new Error('no run');
  sim.request({ kind: 'retry', inboxId: 1, run, by: 'ann', selection, repin: { from, by: 'ann' } });
  return run;
}

const answers = (sim: Simulation) =>
  sim.actions.flatMap((one) => (one.type === 'answer' ? [one.answer] : []));

describe('a retry with another version', () => {
  test('moves the run in the tick that reopens it; what succeeded stays, the rest has the new graph', () => {
    const sim = failedRun();
    let tries = 0;
    sim.behaviour = (name) => (name === 'b' && ++tries === 1 ? FAILURE : { kind: 'success' });
    const run = retryWithNew(sim);
    const { actions } = sim.turn();
    expect(actions.filter(({ type }) => type === 'run.change')).toMatchObject([
      { from: 'failed', to: 'queued', code: 'retried' },
      {
        from: 'queued',
        to: 'queued',
        code: 'repinned',
        facts: { from: 1, to: 2, by: 'ann' },
        repin: { from: 1, to: 2, params: { n: 1, m: 2 } },
      },
      { from: 'queued', to: 'running' },
    ]);
    sim.run();
    expect(sim.starts).toEqual(['b', 'b', 'c']);
    expect(statesOf(run)).toEqual({ a: 'success', b: 'success', c: 'success' });
    expect(run.tryNo[1]).toBe(3);
    const { record } = sim.store?.runs.get(1) ?? {};
    expect(record).toMatchObject({ state: 'success', versionNo: V2, params: { n: 1, m: 2 } });
  });

  test('that is refused leaves the run with the version that it has', () => {
    const sim = failedRun();
    retryWithNew(sim, { select: 'nodes', nodes: [], upstream: false, downstream: false });
    sim.turn();
    expect(answers(sim)).toMatchObject([{ ok: false, code: 'conflict' }]);
    expect(sim.store?.runs.get(1)?.record).toMatchObject({ state: 'failed', versionNo: V1 });
  });

  test('expects the version that the run was read with', () => {
    const sim = failedRun();
    retryWithNew(sim, { select: 'failed' }, 7 as VersionNo);
    expect(() => sim.turn()).toThrow('run 1 has version 1');
  });

  test('a leader that dies after it goes on with the new graph', () => {
    const sim = failedRun();
    sim.behaviour = () => 'hang';
    retryWithNew(sim);
    sim.turn();
    expect(sim.store?.runs.get(1)?.record.versionNo).toBe(V2);
    sim.behaviour = () => ({ kind: 'success' });
    const [run] = sim.crash([NEW]);
    sim.run();
    expect(run && statesOf(run)).toEqual({ a: 'success', b: 'success', c: 'success' });
  });
});

describe('taking a run over', () => {
  test('with another version: attempts that were lost are made up for by the new graph', () => {
    const sim = new Simulation();
    sim.behaviour = () => 'hang';
    sim.trigger(OLD);
    sim.turn();
    expect(sim.starts.splice(0)).toEqual(['a', 'c']);
    sim.world = new World(sim.world.limits);
    sim.behaviour = () => ({ kind: 'success' });
    const run = sim.store?.load(1, NEW, { versionNo: V2 });
    if (!run) throw new Error('no run');
    sim.request({ kind: 'adopt', inboxId: 1, run, takeOver: true, repin: { from: V1, by: 'ann' } });
    sim.run();
    expect(sim.starts).toEqual(['a', 'c', 'b']);
    expect(sim.store?.runs.get(1)?.record).toMatchObject({ state: 'success', versionNo: V2 });
  });

  test('is refused while the run is led, where an adoption changes nothing', () => {
    const sim = new Simulation();
    sim.behaviour = () => 'hang';
    const run = sim.trigger(OLD);
    sim.turn();
    sim.request({ kind: 'adopt', inboxId: 1, run });
    sim.request({ kind: 'adopt', inboxId: 2, run, takeOver: true });
    sim.turn();
    expect(answers(sim)).toMatchObject([
      { ok: true, value: { runNo: 1 as RunNo } },
      { ok: false, code: 'conflict', message: expect.stringMatching(/is under way: orch watch/) },
    ]);
  });
});

describe('requests that were prepared together, each with a copy of the run', () => {
  test('act on one run', () => {
    const sim = failedRun();
    for (const inboxId of [1, 2]) {
      const run = sim.store?.load(1, OLD);
      if (!run) throw new Error('no run');
      sim.request({ kind: 'retry', inboxId, run, by: 'ann', selection: { select: 'failed' } });
    }
    sim.run();
    expect(sim.starts).toEqual(['b']);
    expect(answers(sim)).toMatchObject([{ ok: true }, { ok: false, code: 'conflict' }]);
  });

  test('do not move a run that the first of them took up', () => {
    const sim = failedRun();
    const run = sim.store?.load(1, OLD);
    if (!run) throw new Error('no run');
    sim.request({ kind: 'retry', inboxId: 1, run, by: 'ann', selection: { select: 'failed' } });
    retryWithNew(sim);
    sim.run();
    expect(answers(sim)).toMatchObject([{ ok: true }, { ok: false, code: 'conflict' }]);
    expect(sim.store?.runs.get(1)?.record).toMatchObject({ versionNo: V1 });
  });
});
