import { describe, expect, test } from 'vitest';
import { compileGraph } from '../../../core/graph/graph.ts';
import type { Outcome } from '../../../core/model/attempt.ts';
import type { DagSpec, TaskSpec } from '../../../core/model/dag.ts';
import type { PlannedRequest } from '../../../core/planner/requests.ts';
import type { RunWorld } from '../../../core/planner/run-world.ts';
import { dagOf, FAILURE, Simulation, SUCCESS, statesOf, task } from './simulation.ts';

const fatal: Outcome = { kind: 'failed', error: { name: 'FatalError', message: 'no' }, final: true };
const cancel = (run: RunWorld, kill = false): PlannedRequest => ({
  kind: 'cancel',
  inboxId: null,
  runNo: run.record.runNo,
  by: 'ann',
  kill,
});

/** A run whose attempts end only when told. */
function begin(
  spec: DagSpec,
  limits: ConstructorParameters<typeof Simulation>[0] = {},
): { sim: Simulation; run: RunWorld } {
  const sim = new Simulation(limits);
  sim.behaviour = () => 'hang';
  sim.holdStops = true;
  const run = sim.trigger(spec);
  sim.turn();
  return { sim, run };
}

const answerOf = (sim: Simulation): unknown => {
  const action = sim.actions.findLast((one) => one.type === 'answer');
  return action?.type === 'answer' ? action.answer.ok : undefined;
};

describe('timeouts', () => {
  test('an attempt is asked to stop exactly when its timeout is over, with its grace', () => {
    const { sim, run } = begin(dagOf([task('a', { timeoutMs: 5_000, killGraceMs: 700 })]));
    sim.reportStarts();
    expect(sim.turn().wakeAt).toBeLessThanOrEqual(sim.now + 5_000);
    sim.now += 4_999;
    sim.turn();
    expect(sim.stops).toEqual([]);
    sim.now += 1;
    sim.turn();
    expect(sim.stops).toEqual([{ name: 'a', reason: 'timeout', graceMs: 700 }]);
    sim.end('a', { kind: 'timeout' });
    sim.turn();
    expect([run.record.state, sim.store?.row(1, 0)?.reason]).toEqual(['failed', 'timeout']);
  });

  test('the default timeout is an hour, and every attempt has its own', () => {
    const { sim } = begin(dagOf([task('a', { retries: { max: 1, delayMs: 0 } })]));
    sim.reportStarts();
    sim.turn();
    sim.now += 3_000_000;
    sim.end('a', FAILURE);
    sim.turn();
    sim.reportStarts();
    sim.turn();
    sim.now += 3_599_999;
    sim.turn();
    expect(sim.stops).toEqual([]);
    sim.now += 1;
    sim.turn();
    expect(sim.stops).toHaveLength(1);
  });

  test('the timeout of an attempt that was settled by hand does not stop the next one', () => {
    const { sim, run } = begin(dagOf([task('a', { timeoutMs: 5_000 }), task('b')]));
    sim.reportStarts();
    sim.turn();
    sim.request({ kind: 'markTask', inboxId: null, run, by: 'ann', node: 0, state: 'failed' });
    sim.turn();
    sim.end('a', { kind: 'stopped' });
    sim.turn();
    sim.now += 4_000;
    sim.request({ kind: 'retry', inboxId: null, run, by: 'ann', selection: { select: 'failed' } });
    sim.turn();
    sim.now += 2_000;
    sim.turn();
    expect(sim.stops.filter(({ reason }) => reason === 'timeout')).toEqual([]);
  });

  test('a run that takes too long is cancelled, teardown included in time', () => {
    const spec = dagOf(
      [task('a'), task('b', { after: ['a'] }), task('t', { teardown: true, setups: ['a'], after: ['b'] })],
      { timeoutMs: 10_000 },
    );
    const { sim, run } = begin(spec);
    sim.end('a');
    sim.turn();
    sim.now += 10_000;
    sim.turn();
    expect(sim.stops).toMatchObject([{ name: 'b', reason: 'run_timeout' }]);
    sim.end('b', { kind: 'stopped' });
    sim.turn();
    expect(sim.running).toEqual(['t']);
    sim.end('t');
    sim.turn();
    expect([run.record.state, statesOf(run)]).toEqual([
      'failed',
      { a: 'success', b: 'cancelled', t: 'success' },
    ]);
  });

  test('a run that timed out starts its clock anew when it is retried', () => {
    const { sim, run } = begin(dagOf([task('a')], { timeoutMs: 10_000 }));
    sim.now += 10_000;
    sim.turn();
    sim.end('a', { kind: 'stopped' });
    sim.turn();
    expect(run.record.state).toBe('failed');
    const again = sim.store?.load(1, run.graph) as RunWorld;
    sim.request({ kind: 'retry', inboxId: null, run: again, by: 'ann', selection: { select: 'failed' } });
    sim.turn();
    sim.now += 9_999;
    sim.turn();
    expect([again.record.state, again.abort, sim.running]).toEqual(['running', null, ['a']]);
  });
});

describe('cancel and kill', () => {
  const spec = dagOf([
    task('setup'),
    task('work', { after: ['setup'], killGraceMs: 3_000 }),
    task('later', { after: ['work'] }),
    task('down', { teardown: true, setups: ['setup'], after: ['later'] }),
  ]);
  const working = (): { sim: Simulation; run: RunWorld } => {
    const made = begin(spec);
    made.sim.end('setup');
    made.sim.turn();
    return made;
  };

  test('a cancel stops with grace, starts nothing but teardowns, and waits for them', () => {
    const { sim, run } = working();
    sim.request(cancel(run));
    sim.turn();
    expect(sim.stops).toEqual([{ name: 'work', reason: 'user', graceMs: 3_000 }]);
    expect(statesOf(run)).toMatchObject({ later: 'cancelled', down: 'none' });
    sim.end('work', { kind: 'stopped' });
    sim.turn();
    expect(sim.running).toEqual(['down']);
    sim.end('down');
    sim.turn();
    expect(run.record.state).toBe('cancelled');
    expect(sim.store?.row(1, 1)).toMatchObject({
      state: 'cancelled',
      reason: 'user',
      because: { by: 'ann' },
    });
  });

  test('a late success of a cancelled attempt is not taken', () => {
    const { sim, run } = working();
    sim.request(cancel(run));
    sim.turn();
    sim.end('work', SUCCESS);
    sim.turn();
    expect(statesOf(run)['work']).toBe('cancelled');
  });

  test('a kill spares nothing, and a second request makes a kill of a cancel', () => {
    const { sim, run } = working();
    sim.request(cancel(run));
    sim.turn();
    sim.request(cancel(run, true));
    sim.turn();
    expect(sim.stops.at(-1)).toEqual({ name: 'work', reason: 'user', graceMs: 0 });
    expect(statesOf(run)).toMatchObject({ down: 'cancelled' });
    sim.end('work', { kind: 'stopped' });
    sim.turn();
    expect(run.record.state).toBe('cancelled');
  });

  test('a new leader goes on with a kill as a kill', () => {
    const { sim, run } = working();
    sim.request(cancel(run, true));
    sim.turn();
    const [after] = sim.crash([run.graph]);
    sim.turn();
    expect([after?.record.state, sim.running]).toEqual(['cancelled', []]);
  });

  test('a new leader goes on with a cancel: teardowns run', () => {
    const { sim, run } = working();
    sim.request(cancel(run));
    sim.turn();
    const [after] = sim.crash([run.graph]);
    sim.turn();
    expect(sim.running).toEqual(['down']);
    sim.end('down');
    sim.turn();
    expect(after?.record.state).toBe('cancelled');
  });

  test('a teardown whose setup never succeeded does not run', () => {
    const { sim, run } = begin(spec);
    sim.request(cancel(run));
    sim.turn();
    sim.end('setup', { kind: 'stopped' });
    sim.turn();
    expect([run.record.state, statesOf(run)['down']]).toEqual(['cancelled', 'upstream_failed']);
  });

  test('a queued run ends at once and never counts as active', () => {
    const { sim } = begin(dagOf([task('a')], { maxActiveRuns: 1 }));
    const waiting = sim.trigger(dagOf([task('a')], { maxActiveRuns: 1 }));
    sim.turn();
    sim.request(cancel(waiting));
    sim.turn();
    expect([waiting.record.state, waiting.record.startedAt]).toEqual(['cancelled', null]);
  });

  test('a paused run can be cancelled, teardowns included', () => {
    const { sim, run } = working();
    sim.request({ kind: 'pause', inboxId: null, runNo: run.record.runNo });
    sim.turn();
    sim.end('work');
    sim.turn();
    expect(sim.running).toEqual([]);
    sim.request(cancel(run));
    sim.turn();
    expect(sim.running).toEqual(['down']);
    sim.end('down');
    sim.turn();
    expect(run.record.state).toBe('cancelled');
  });

  test('a run that ends in the turn in which a retry of nothing is refused leaves the world', () => {
    const { sim, run } = begin(dagOf([task('a'), task('b')]));
    sim.request(cancel(run));
    sim.turn();
    for (const name of sim.running) sim.end(name);
    const selection = { select: 'nodes', nodes: [], upstream: false, downstream: false } as const;
    sim.request({ kind: 'retry', inboxId: 1, run, by: 'ann', selection });
    const { ended } = sim.turn();
    expect(sim.actions.at(-1)).toMatchObject({ type: 'answer', answer: { ok: false, code: 'conflict' } });
    expect([run.record.state, ended, sim.world.runs.size]).toEqual(['cancelled', [run], 0]);
  });

  test('while a run is being ended it is not paused, retried or marked', () => {
    const { sim, run } = working();
    sim.request(cancel(run));
    sim.turn();
    const requests: PlannedRequest[] = [
      { kind: 'pause', inboxId: 1, runNo: run.record.runNo },
      { kind: 'resume', inboxId: 1, runNo: run.record.runNo },
      { kind: 'retry', inboxId: 1, run, by: 'ann', selection: { select: 'failed' } },
      { kind: 'markTask', inboxId: 1, run, by: 'ann', node: 1, state: 'success' },
    ];
    for (const request of requests) {
      sim.request(request);
      sim.turn();
      expect([request.kind, answerOf(sim)]).toEqual([request.kind, false]);
    }
  });

  test('an adopted run whose cancel left nothing open can be retried in the same turn', () => {
    const { sim, run } = begin(dagOf([task('a')]));
    sim.request(cancel(run));
    sim.turn();
    const [after] = sim.crash([run.graph]);
    sim.request({
      kind: 'retry',
      inboxId: 1,
      run: after as RunWorld,
      by: 'ann',
      selection: { select: 'failed' },
    });
    sim.turn();
    expect([answerOf(sim), after?.record.state, sim.running]).toEqual([true, 'running', ['a']]);
  });
});

describe('critical tasks', () => {
  const spec = (more: Partial<TaskSpec> = {}): DagSpec =>
    dagOf([
      task('setup'),
      task('vital', { critical: true, after: ['setup'], ...more }),
      task('long'),
      task('next', { after: ['vital'], triggerRule: 'all_done' }),
      task('down', { teardown: true, setups: ['setup'], after: ['next'] }),
    ]);

  test('a final failure aborts the run; teardowns run, whatever the rules of others', () => {
    const { sim, run } = begin(spec());
    sim.end('setup');
    sim.turn();
    sim.end('vital', fatal);
    sim.turn();
    expect(sim.stops).toMatchObject([{ name: 'long', reason: 'critical' }]);
    sim.end('long', { kind: 'stopped' });
    sim.turn();
    expect(sim.running).toEqual(['down']);
    sim.end('down');
    sim.turn();
    const states = {
      setup: 'success',
      vital: 'failed',
      long: 'cancelled',
      next: 'cancelled',
      down: 'success',
    };
    expect([run.record.state, statesOf(run)]).toEqual(['failed', states]);
    expect(sim.store?.row(1, 3)?.because?.code).toBe('critical_failed');
  });

  test('a failure that is retried aborts nothing', () => {
    const { sim, run } = begin(spec({ retries: { max: 1, delayMs: 1_000 } }));
    sim.end('setup');
    sim.turn();
    sim.end('vital', FAILURE);
    sim.turn();
    expect([run.abort, sim.stops]).toEqual([null, []]);
  });

  test.each([
    ['a lost attempt too many', { onLost: 'fail' as const }, { kind: 'lost', detail: 'gone' } as Outcome],
    ['a timeout', {}, { kind: 'timeout' } as Outcome],
  ])('%s aborts as well', (_, more, outcome) => {
    const { sim, run } = begin(spec(more));
    sim.end('setup');
    sim.turn();
    sim.end('vital', outcome);
    sim.turn();
    expect(run.abort?.code).toBe('critical_failed');
  });

  test('a condition that cannot be evaluated fails for good, and aborts', () => {
    const { sim, run } = begin(
      dagOf([task('long'), task('vital', { critical: true, when: '1 / params.zero > 0' })]),
    );
    expect([run.record.state, sim.starts]).toEqual(['failed', []]);
    expect(statesOf(run)).toEqual({ long: 'cancelled', vital: 'failed' });
  });

  test('in a fan-out the first instance that fails for good aborts, minSuccess notwithstanding', () => {
    const fanOuts = [{ path: 'f', over: "['a', 'b', 'c']", minSuccess: 1 }];
    const { sim, run } = begin(dagOf([task('f.x', { fanOut: 0, critical: true })], { fanOuts }));
    sim.end('f[b].x', fatal);
    sim.turn();
    expect(sim.stops.map(({ name }) => name)).toEqual(['f[a].x', 'f[c].x']);
    for (const name of ['f[a].x', 'f[c].x']) sim.end(name, { kind: 'stopped' });
    sim.turn();
    expect(run.record.state).toBe('failed');
  });

  test('placeholders of a teardown behind a gate that never opened are cancelled, not run', () => {
    const fanOuts = [{ path: 'f', over: 'needs.l', needs: { l: 'list' } }];
    const tasks = [
      task('setup'),
      task('list'),
      task('f.down', { fanOut: 0, teardown: true, setups: ['setup'] }),
    ];
    const { sim, run } = begin(dagOf(tasks, { fanOuts }));
    sim.end('setup');
    sim.turn();
    sim.request(cancel(run));
    sim.turn();
    sim.end('list', { kind: 'stopped' });
    sim.turn();
    expect([run.record.state, statesOf(run)['f.down']]).toEqual(['cancelled', 'cancelled']);
  });
});

describe('marks', () => {
  test('a marked attempt is stopped, and no other one starts before it has ended', () => {
    const { sim, run } = begin(dagOf([task('a'), task('b')]));
    sim.request({ kind: 'markTask', inboxId: 1, run, by: 'ann', node: 0, state: 'failed' });
    sim.turn();
    expect(sim.stops).toMatchObject([{ name: 'a', reason: 'user' }]);
    const again: PlannedRequest = {
      kind: 'retry',
      inboxId: 1,
      run,
      by: 'ann',
      selection: { select: 'failed' },
    };
    sim.request(again);
    sim.turn();
    expect(answerOf(sim)).toBe(false);
    sim.end('a', { kind: 'stopped' });
    sim.request(again);
    sim.turn();
    expect([answerOf(sim), sim.running]).toEqual([true, ['a', 'b']]);
  });

  test('the run does not end while a marked attempt lives', () => {
    const { sim, run } = begin(dagOf([task('a')]));
    sim.request({ kind: 'markTask', inboxId: null, run, by: 'ann', node: 0, state: 'success' });
    sim.turn();
    expect([statesOf(run), run.record.state]).toEqual([{ a: 'success' }, 'running']);
    sim.end('a', { kind: 'stopped' });
    sim.turn();
    expect(run.record.state).toBe('success');
  });

  test('downstreams that could not run are asked again; what was ready is decided anew', () => {
    const tasks = [
      task('a'),
      task('b', { after: ['a'] }),
      task('c', { after: ['a'], triggerRule: 'one_failed', pool: 'one' }),
      task('hog', { pool: 'one' }),
    ];
    const sim = new Simulation({ pools: { default: 9, one: 1 } });
    sim.behaviour = (name) => (name === 'a' ? fatal : 'hang');
    const run = sim.trigger(dagOf(tasks));
    sim.run();
    expect(statesOf(run)).toEqual({ a: 'failed', b: 'upstream_failed', c: 'scheduled', hog: 'queued' });
    sim.request({ kind: 'markTask', inboxId: null, run, by: 'ann', node: 0, state: 'success' });
    sim.turn();
    expect(statesOf(run)).toEqual({ a: 'success', b: 'queued', c: 'skipped', hog: 'queued' });
  });

  test.each([undefined, 60_000])('a mark changes no time of what ran (timeout %s)', (timeoutMs) => {
    const tasks = [task('a'), task('b', { after: ['a'] }), task('c', { after: ['b'] })];
    const sim = new Simulation();
    sim.durationMs = () => 1_000;
    sim.behaviour = (name) => (name === 'b' ? fatal : SUCCESS);
    const run = sim.trigger(dagOf(tasks, timeoutMs === undefined ? {} : { timeoutMs }));
    const startedAt = sim.now;
    sim.run();
    const before = sim.store?.row(1, 1);
    expect(before).toMatchObject({ state: 'failed', endedAt: startedAt + 2_000 });
    sim.now += 3_600_000;
    const markedAt = sim.now;
    sim.request({ kind: 'markTask', inboxId: null, run, by: 'ann', node: 2, state: 'success' });
    sim.run();
    expect([run.record.state, run.record.startedAt, run.record.endedAt]).toEqual([
      'success',
      startedAt,
      markedAt,
    ]);
    expect(sim.store?.row(1, 2)).toMatchObject({ state: 'success', startedAt: null, endedAt: markedAt });
    sim.request({ kind: 'markTask', inboxId: null, run, by: 'ann', node: 1, state: 'success' });
    sim.run();
    const { startedAt: began, endedAt } = before ?? {};
    expect(sim.store?.row(1, 1)).toMatchObject({ state: 'success', startedAt: began, endedAt });
  });

  test('what is outside the scope or does not exist yet cannot be marked', () => {
    const fanOuts = [{ path: 'f', over: 'needs.l', needs: { l: 'list' } }];
    const graph = compileGraph(
      dagOf([task('list'), task('f.x', { fanOut: 0 }), task('z', { after: ['f.x'] })], { fanOuts }),
    );
    const sim = new Simulation();
    sim.behaviour = () => 'hang';
    const run = sim.trigger(graph, { scope: { until: ['f.x'] } });
    sim.turn();
    for (const [path, why] of [
      ['f.x', 'task f.x has no instances'],
      ['z', 'task z is not_selected: it cannot be marked success'],
    ] as const) {
      const node = graph.nodeOfPath.get(path) as number;
      sim.request({ kind: 'markTask', inboxId: 1, run, by: 'ann', node, state: 'success' });
      sim.turn();
      const answer = sim.actions.findLast((one) => one.type === 'answer');
      expect(answer).toMatchObject({ answer: { ok: false, message: expect.stringContaining(why) } });
    }
  });
});

describe('pause', () => {
  test('attempts go on, nothing new starts, and a resume goes on where it stood', () => {
    const { sim, run } = begin(dagOf([task('a'), task('b', { after: ['a'] }), task('c', { after: ['b'] })]));
    sim.request({ kind: 'pause', inboxId: null, runNo: run.record.runNo });
    sim.end('a');
    sim.turn();
    expect([run.record.state, statesOf(run)]).toEqual(['paused', { a: 'success', b: 'none', c: 'none' }]);
    sim.request({ kind: 'resume', inboxId: null, runNo: run.record.runNo });
    sim.turn();
    expect(sim.running).toEqual(['b']);
  });

  test('a run that is paused before it starts takes no place, and waits for one after', () => {
    const spec = dagOf([task('a')], { maxActiveRuns: 1 });
    const { sim } = begin(spec);
    const waiting = sim.trigger(spec);
    sim.turn();
    for (const [kind, state] of [
      ['pause', 'paused'],
      ['resume', 'queued'],
    ] as const) {
      sim.request({ kind, inboxId: null, runNo: waiting.record.runNo });
      sim.turn();
      expect(waiting.record.state).toBe(state);
    }
    sim.end('a');
    sim.turn();
    expect([waiting.record.state, waiting.record.startedAt]).toEqual(['running', sim.now]);
  });
});
