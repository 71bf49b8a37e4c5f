import { describe, expect, test } from 'vitest';
import { compileGraph } from '../../../core/graph/graph.ts';
import type { Outcome } from '../../../core/model/attempt.ts';
import { CALLS_MAX, type TaskSpec } from '../../../core/model/dag.ts';
import type { RunWorld } from '../../../core/planner/run-world.ts';
import type { ApproveRequest } from '../../../core/planner/waits.ts';
import { dagOf, FAILURE, Simulation, SUCCESS, statesOf, task } from './simulation.ts';

const NOT_YET: Outcome = { kind: 'deferred', message: 'no file', state: '{"seen":1}' };
const output = (value: unknown): Outcome => ({ kind: 'success', output: JSON.stringify(value) });

/** A run of one task `x` and of `y` after it; `answers` gives the outcomes of the attempts of `x`. */
function played(x: Partial<TaskSpec>, answers: (tryNo: number) => Outcome) {
  const sim = new Simulation({ globalSlots: 1 });
  sim.behaviour = (name, tryNo) => (name === 'x' ? answers(tryNo) : SUCCESS);
  const run = sim.trigger(dagOf([task('x', x), task('y', { after: ['x'], triggerRule: 'all_done' })]));
  const beganAt = sim.now;
  sim.run();
  return { sim, run, tookMs: sim.now - beganAt, row: sim.store?.row(1, 0) };
}

const waitsOf = (sim: Simulation) =>
  sim.actions.flatMap((action) => (action.type === 'wait' ? [action.wait] : []));

describe('a sensor', () => {
  const sensor = { everyMs: 30_000, giveUpMs: 100_000 };

  test('looks again and again, holds no slot between the looks, and carries its state on', () => {
    const { sim, run, tookMs, row } = played({ sensor }, (tryNo) => (tryNo < 3 ? NOT_YET : SUCCESS));
    expect([statesOf(run), tookMs]).toEqual([{ x: 'success', y: 'success' }, 60_000]);
    expect(row).toMatchObject({ state: 'success', tryNo: 3, tryBase: 2 });
    expect(waitsOf(sim)).toEqual([
      { sinceAt: 1_000_000, calls: 1, iterations: 0, state: '{"seen":1}' },
      { sinceAt: 1_000_000, calls: 2, iterations: 0, state: '{"seen":1}' },
    ]);
    expect(sim.world.used).toBe(0);
  });

  test('gives up when its time is over, although it has retries', () => {
    const retries = { max: 5, delayMs: 1 };
    const { run, tookMs, row } = played({ sensor, retries }, () => NOT_YET);
    expect([statesOf(run).x, tookMs]).toEqual(['failed', 100_000]);
    expect(row).toMatchObject({ reason: 'timeout', because: { code: 'sensor_timed_out', calls: 4 } });
  });

  test('is skipped then with softFail', () => {
    const { run, row } = played({ sensor: { ...sensor, softFail: true } }, () => NOT_YET);
    expect([statesOf(run), row?.reason]).toEqual([{ x: 'skipped', y: 'success' }, null]);
  });

  test('begins anew when somebody retries it while it waits', () => {
    const sim = new Simulation({ globalSlots: 1 });
    const run = sim.trigger(dagOf([task('x', { sensor })]));
    sim.turn();
    sim.end('x', NOT_YET);
    sim.turn();
    expect(statesOf(run)).toEqual({ x: 'waiting' });
    const selection = { select: 'nodes', nodes: [0], upstream: false, downstream: false } as const;
    sim.request({ inboxId: null, kind: 'retry', run, by: 'ana', selection });
    sim.turn();
    expect(waitsOf(sim).at(-1)).toBe(null);
    sim.run();
    expect(sim.store?.row(1, 0)).toMatchObject({ state: 'success', tryNo: 2, tryBase: 1 });
  });

  test('that fails is retried like any task: looks count as no attempts', () => {
    const retries = { max: 1, delayMs: 5_000 };
    const failing = (tryNo: number): Outcome => (tryNo === 3 ? FAILURE : tryNo < 5 ? NOT_YET : SUCCESS);
    const { run, row, tookMs } = played({ sensor, retries }, failing);
    expect([statesOf(run).x, row?.tryNo, tookMs]).toEqual(['success', 5, 95_000]);
    const twice = played({ sensor, retries }, (tryNo) => (tryNo === 2 || tryNo === 4 ? FAILURE : NOT_YET));
    expect(twice.row).toMatchObject({ state: 'failed', because: { code: 'retries_spent' }, tryNo: 4 });
  });

  test('ends after as many looks as an instance may have', () => {
    const quick = { everyMs: 1 };
    const { row } = played({ sensor: quick }, () => NOT_YET);
    expect(row).toMatchObject({ state: 'failed', because: { code: 'called_too_often', calls: CALLS_MAX } });
  });

  test('goes on after a crash where it was: with its time, its looks and its state', () => {
    const spec = dagOf([task('x', { sensor })]);
    const sim = new Simulation();
    sim.behaviour = () => NOT_YET;
    sim.trigger(spec);
    sim.turn();
    sim.end('x');
    sim.turn();
    sim.now += 10_000;
    const [run] = sim.crash([compileGraph(spec)]) as [RunWorld];
    expect([statesOf(run).x, run.waits.get(0)]).toEqual([
      'waiting',
      { sinceAt: 1_000_000, calls: 1, iterations: 0, state: '{"seen":1}' },
    ]);
    sim.run();
    expect([sim.starts.length, sim.now]).toEqual([4, 1_100_000]);
    expect(sim.store?.row(1, 0)).toMatchObject({ state: 'failed', reason: 'timeout' });
  });

  test('that is retried by hand begins anew', () => {
    const spec = dagOf([task('x', { sensor })]);
    const sim = new Simulation();
    sim.behaviour = () => NOT_YET;
    const run = sim.trigger(spec);
    sim.run();
    sim.behaviour = (_, tryNo) => (tryNo < 7 ? NOT_YET : SUCCESS);
    sim.request({ inboxId: null, kind: 'retry', run, by: 'ana', selection: { select: 'failed' } });
    const retriedAt = sim.now;
    sim.run();
    expect([statesOf(run).x, run.waits.get(0)?.sinceAt]).toEqual(['success', retriedAt]);
  });

  test('is cancelled with its run while it waits', () => {
    const sim = new Simulation();
    sim.behaviour = () => NOT_YET;
    const run = sim.trigger(dagOf([task('x', { sensor })]));
    sim.turn();
    sim.end('x');
    sim.turn();
    sim.request({ inboxId: null, kind: 'cancel', runNo: run.record.runNo, by: 'ana', kill: false });
    sim.run();
    expect([statesOf(run).x, run.record.state, sim.starts.length]).toEqual(['cancelled', 'cancelled', 1]);
  });
});

describe('a task that puts itself off', () => {
  test('is called again after so long, without a retry of its policy', () => {
    const later: Outcome = { kind: 'deferred', afterMs: 5_000, state: '1' };
    const { run, tookMs, row } = played({}, (tryNo) => (tryNo < 3 ? later : SUCCESS));
    expect([statesOf(run).x, tookMs, row?.tryNo]).toEqual(['success', 10_000, 3]);
  });

  test('does so for seven days at most', () => {
    const day = 86_400_000;
    const { row, tookMs } = played({}, () => ({ kind: 'deferred', afterMs: day }));
    expect(row).toMatchObject({ state: 'failed', reason: 'timeout', because: { code: 'deferred_too_long' } });
    expect(tookMs).toBe(7 * day);
  });

  test('must be a sensor to leave open when', () => {
    const { row } = played({}, () => NOT_YET);
    expect(row).toMatchObject({ state: 'failed', reason: 'rejected_output' });
  });
});

describe('a loop', () => {
  const loop = { until: 'output.n >= 3' };

  test('counts a call that puts it off among its calls, and not among its iterations', () => {
    const later: Outcome = { kind: 'deferred', afterMs: 5_000, state: '1' };
    const limited = { ...loop, maxIterations: 3, delayMs: 1_000 };
    const { run, row, tookMs } = played({ loop: limited }, (tryNo) =>
      tryNo % 2 === 1 ? later : output({ n: 0 }),
    );
    expect(row).toMatchObject({ state: 'failed', tryNo: 6, because: { code: 'loop_spent', iterations: 3 } });
    expect([tookMs, run.waits.get(0)]).toEqual([
      17_000,
      { sinceAt: 1_000_000, calls: 5, iterations: 2, state: '1' },
    ]);
  });

  test('is done again until its condition holds, with the output before as its state', () => {
    const { sim, run, tookMs, row } = played({ loop }, (tryNo) => output({ n: tryNo }));
    expect([statesOf(run).x, tookMs, row?.tryNo]).toEqual(['success', 0, 3]);
    expect(waitsOf(sim).map((wait) => wait?.state)).toEqual(['{"n":1}', '{"n":2}']);
    expect(sim.actions.filter(({ type }) => type === 'output')).toHaveLength(1);
  });

  test('waits between its iterations, and fails after the last', () => {
    const limited = { ...loop, maxIterations: 4, delayMs: 1_000 };
    const { row, tookMs } = played({ loop: limited }, () => output({ n: 0 }));
    expect(row).toMatchObject({
      state: 'failed',
      reason: 'error',
      because: { code: 'loop_spent' },
      tryNo: 4,
    });
    expect(tookMs).toBe(3_000);
  });

  test('whose condition cannot be evaluated fails', () => {
    const { row } = played({ loop: { until: 'output.n > 3' } }, () => output({ n: 'many' }));
    expect(row).toMatchObject({ state: 'failed', because: { code: 'loop_error' } });
  });
});

describe('an approval', () => {
  const action = { kind: 'approval', title: 'Go?', options: ['yes', 'no'] } as const;
  const spec = (more: object = {}) =>
    dagOf([
      task('ask', { action: { ...action, ...more } }),
      task('go', { after: ['ask'], when: "tasks.ask == 'yes'" }),
      task('stop', { after: ['ask'], when: "tasks.ask == 'no'" }),
    ]);

  function asked(more: object = {}) {
    const sim = new Simulation({ globalSlots: 1 });
    const run = sim.trigger(spec(more));
    sim.turn();
    const answer = (option: string, node = 0) => {
      const request: ApproveRequest = { kind: 'approve', run, node, option, by: 'ana', message: 'fine' };
      sim.request({ inboxId: 7, ...request });
      const { actions } = sim.turn();
      const told = actions.find((one) => one.type === 'answer');
      return told?.type === 'answer' ? told.answer : null;
    };
    return { sim, run, answer };
  }

  test('waits without a slot, and lets the answer decide what runs', () => {
    const { sim, run, answer } = asked();
    expect([statesOf(run).ask, sim.world.used, sim.plans.at(-1)?.wakeAt]).toEqual([
      'waiting',
      0,
      Number.POSITIVE_INFINITY,
    ]);
    expect(answer('no')).toMatchObject({ ok: true });
    sim.run();
    expect(statesOf(run)).toEqual({ ask: 'success', go: 'skipped', stop: 'success' });
    expect(sim.store?.row(1, 0)?.because).toMatchObject({ code: 'answered', by: 'ana', message: 'fine' });
  });

  test('takes its options only, and one answer', () => {
    const { sim, answer } = asked();
    expect(answer('maybe')).toMatchObject({ ok: false, code: 'invalid' });
    expect(answer('yes', 1)).toMatchObject({ ok: false, code: 'conflict' });
    sim.behaviour = () => 'hang';
    expect(answer('yes')).toMatchObject({ ok: true });
    expect(answer('no')).toMatchObject({ ok: false, code: 'conflict' });
  });

  test('fails when nobody answers in time, or takes the option that holds then', () => {
    const { sim, run } = asked({ answerWithinMs: 60_000 });
    sim.run();
    expect([statesOf(run).ask, sim.now]).toEqual(['failed', 1_060_000]);
    const other = asked({ answerWithinMs: 60_000, onTimeout: 'no' });
    other.sim.run();
    expect(statesOf(other.run)).toEqual({ ask: 'success', go: 'skipped', stop: 'success' });
  });

  test('goes on waiting after a crash, no longer than before', () => {
    const { sim } = asked({ answerWithinMs: 60_000 });
    sim.now += 20_000;
    const [run] = sim.crash([compileGraph(spec({ answerWithinMs: 60_000 }))]) as [RunWorld];
    sim.turn();
    expect(statesOf(run).ask).toBe('waiting');
    sim.run();
    expect([statesOf(run).ask, sim.now]).toEqual(['failed', 1_060_000]);
  });
});
