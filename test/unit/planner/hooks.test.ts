import { describe, expect, test } from 'vitest';
import { compileGraph } from '../../../core/graph/graph.ts';
import type { Outcome } from '../../../core/model/attempt.ts';
import type { DagSpec, TaskSpec } from '../../../core/model/dag.ts';
import {
  DAG_HOOKS,
  type DagHooks,
  type HookEvent,
  type HookSpec,
  TASK_HOOKS,
  type TaskHooks,
} from '../../../core/model/hook.ts';
import { Random } from './random.ts';
import { RandomDag, randomParams } from './random-dag.ts';
import { dagOf, FAILURE, Simulation, SUCCESS, task } from './simulation.ts';
import { Storm } from './storm.ts';

const one: readonly HookSpec[] = [{ action: { kind: 'shell', run: 'true' } }];
const everyHook = (names: readonly string[]): TaskHooks & DagHooks =>
  Object.fromEntries(names.map((name) => [name, one]));
const hooks: TaskHooks = everyHook(TASK_HOOKS);
const hooked = (path: string, more: Partial<TaskSpec> = {}): TaskSpec => task(path, { hooks, ...more });
const lost: Outcome = { kind: 'lost', detail: 'its runner is gone' };

/** The hooks of a run in short: `a onFailure error retries_spent`. */
function told(sim: Simulation, runNo = 1): string[] {
  return (sim.store?.hooksOf(runNo) ?? []).map(({ event }) => short(event));
}
function short({ task: path, key, hook, reason, cause, try: tryNo }: HookEvent): string {
  const name = path === null ? 'DAG' : key === null ? path : `${path}[${key}]`;
  return [name, hook, `try ${tryNo}`, ...(reason === null ? [] : [reason]), cause].join(' ');
}

function played(tasks: readonly TaskSpec[], more: Partial<DagSpec>, outcomes: Record<string, Outcome[]>) {
  const sim = new Simulation();
  sim.behaviour = (name, tryNo) => outcomes[name]?.[tryNo - 1] ?? SUCCESS;
  const run = sim.trigger(dagOf(tasks, more));
  sim.run();
  return { sim, run };
}

describe('hooks of tasks', () => {
  test('a success has a start and a success, in this order', () => {
    const { sim } = played([hooked('a')], {}, {});
    expect(told(sim)).toEqual(['a onStart try 1 running', 'a onSuccess try 1 succeeded']);
  });

  test('every failed attempt but the last has onRetry, the last has onFailure', () => {
    const retries = { max: 2, delayMs: 10 };
    const { sim } = played([hooked('a', { retries })], {}, { a: [FAILURE, FAILURE, FAILURE] });
    expect(told(sim).filter((line) => !line.includes('onStart'))).toEqual([
      'a onRetry try 1 error retry_wait',
      'a onRetry try 2 error retry_wait',
      'a onFailure try 3 error retries_spent',
    ]);
    expect(told(sim).filter((line) => line.includes('onStart'))).toHaveLength(3);
  });

  const endings: [string, Outcome, string][] = [
    ['a timeout', { kind: 'timeout' }, 'a onFailure try 1 timeout final_failure'],
    ['too much memory', { kind: 'memory' }, 'a onFailure try 1 memory final_failure'],
    [
      'a rejected output',
      { kind: 'rejected_output', error: { name: 'E', message: 'no' } },
      'a onFailure try 1 rejected_output final_failure',
    ],
    ['a skip of its own', { kind: 'skipped', message: 'holiday' }, 'a onSkip try 1 skipped_itself'],
  ];
  test.each(endings)('after %s', (_, outcome, line) => {
    const { sim } = played([hooked('a')], {}, { a: [outcome] });
    expect(told(sim).at(-1)).toBe(line);
  });

  test('a lost attempt is a retry, and a failure when the budget is spent', () => {
    const { sim } = played([hooked('a')], {}, { a: [lost, lost, lost, lost] });
    expect(told(sim)).toEqual([
      'a onRetry try 1 lost attempt_lost',
      'a onRetry try 2 lost attempt_lost',
      'a onRetry try 3 lost attempt_lost',
      'a onFailure try 4 lost lost_too_often',
    ]);
  });

  test('what cannot run because of its upstreams is skipped, whatever its state is called', () => {
    const down = hooked('b', { after: ['a'] });
    const { sim } = played([task('a'), down], {}, { a: [FAILURE] });
    expect(told(sim)).toEqual(['b onSkip try 0 upstream_failed']);
    expect(sim.store?.hooksOf(1)[0]?.event.state).toBe('upstream_failed');
    const skipped = played([task('a'), down], {}, { a: [{ kind: 'skipped' }] });
    expect(told(skipped.sim)).toEqual(['b onSkip try 0 upstream_skipped']);
    const when = played([hooked('c', { when: 'false' })], {}, {});
    expect(told(when.sim)).toEqual(['c onSkip try 0 when_false']);
  });

  test('a critical failure cancels the others, with its cause', () => {
    const sim = new Simulation();
    sim.behaviour = (name) => (name === 'a' ? FAILURE : 'hang');
    sim.trigger(dagOf([hooked('a', { critical: true }), hooked('b'), hooked('c', { after: ['b'] })]));
    sim.run();
    const lines = told(sim);
    expect(lines).toContain('a onFailure try 1 error final_failure');
    expect(lines).toContain('b onCancel try 1 critical critical_failed');
    expect(lines).toContain('c onCancel try 0 critical critical_failed');
  });

  test('by hand: cancel, mark and retry', () => {
    const sim = new Simulation();
    sim.behaviour = () => 'hang';
    const run = sim.trigger(dagOf([hooked('a'), hooked('b')]));
    sim.turn();
    sim.request({ kind: 'markTask', inboxId: null, run, by: 'ann', node: 0, state: 'failed' });
    sim.turn();
    sim.request({ kind: 'cancel', inboxId: null, runNo: run.record.runNo, by: 'ann', kill: false });
    sim.run();
    expect(told(sim)).toEqual(['a onFailure try 1 error marked', 'b onCancel try 1 user cancelled_by_user']);
    expect(sim.store?.hooksOf(1)[0]?.event.because).toBe('Marked failed by ann.');
    const again = sim.store?.load(1, run.graph) as typeof run;
    sim.request({ kind: 'retry', inboxId: null, run: again, by: 'ann', selection: { select: 'failed' } });
    sim.turn();
    expect(told(sim).slice(2)).toEqual(['a onRetry try 1 retried', 'b onRetry try 1 retried']);
  });

  test('a task that never ran is not told of a retry by hand', () => {
    const { sim, run } = played([task('a'), hooked('b', { after: ['a'] })], {}, { a: [FAILURE] });
    const again = sim.store?.load(1, run.graph) as typeof run;
    sim.request({ kind: 'retry', inboxId: null, run: again, by: 'ann', selection: { select: 'failed' } });
    sim.run();
    expect(told(sim)).toEqual([
      'b onSkip try 0 upstream_failed',
      'b onStart try 1 running',
      'b onSuccess try 1 succeeded',
    ]);
  });

  test('a run that is out of time fails or cancels its tasks with that reason', () => {
    const sim = new Simulation();
    sim.behaviour = () => 'hang';
    sim.trigger(dagOf([hooked('a')], { timeoutMs: 500 }));
    sim.run();
    expect(told(sim)).toEqual(['a onCancel try 1 run_timeout run_timed_out']);
  });

  test('looks of a sensor after the first are no starts', () => {
    const sensor = { everyMs: 10 };
    const { sim } = played(
      [hooked('s', { sensor })],
      {},
      { s: [{ kind: 'deferred' }, { kind: 'deferred' }] },
    );
    expect(told(sim)).toEqual(['s onStart try 1 running', 's onSuccess try 1 succeeded']);
  });

  test('each key of a fan-out has hooks of its own, with its key', () => {
    const spec = dagOf([hooked('f.a', { fanOut: 0 })], { fanOuts: [{ path: 'f', over: '["x", "y"]' }] });
    const sim = new Simulation();
    sim.behaviour = (name) => (name === 'f[x].a' ? FAILURE : SUCCESS);
    sim.trigger(spec);
    sim.run();
    const lines = told(sim).filter((line) => !line.includes('onStart'));
    expect(lines.sort()).toEqual([
      'f.a[x] onFailure try 1 error final_failure',
      'f.a[y] onSuccess try 1 succeeded',
    ]);
  });

  test('several hooks of one moment are jobs of their own, in order', () => {
    const two = { onSuccess: [...one, ...one] };
    const { sim } = played([task('a', { hooks: two })], {}, {});
    expect(sim.store?.hooksOf(1).map(({ hookNo, position }) => [hookNo, position])).toEqual([
      [1, 0],
      [2, 1],
    ]);
    const ids = sim.store?.hooksOf(1).map(({ event }) => event.id);
    expect(new Set(ids).size).toBe(2);
  });
});

describe('hooks of DAGs', () => {
  const ofDag = { hooks: everyHook(DAG_HOOKS) };

  test('success, failure, and neither for a cancelled run', () => {
    expect(told(played([task('a')], ofDag, {}).sim)).toEqual(['DAG onSuccess try 0 leaves_succeeded']);
    expect(told(played([task('a')], ofDag, { a: [FAILURE] }).sim)).toEqual([
      'DAG onFailure try 0 leaf_failed',
    ]);
    const sim = new Simulation();
    sim.behaviour = () => 'hang';
    const run = sim.trigger(dagOf([task('a')], ofDag));
    sim.turn();
    sim.request({ kind: 'cancel', inboxId: null, runNo: run.record.runNo, by: 'ann', kill: false });
    sim.run();
    expect([run.record.state, told(sim)]).toEqual(['cancelled', []]);
  });

  test('a mark by hand of a finished run is told as well', () => {
    const { sim, run } = played([task('a')], ofDag, { a: [FAILURE] });
    const again = sim.store?.load(1, run.graph) as typeof run;
    sim.request({ kind: 'markRun', inboxId: null, run: again, by: 'ann', state: 'success' });
    sim.run();
    expect(told(sim)).toEqual(['DAG onFailure try 0 leaf_failed', 'DAG onSuccess try 0 marked']);
  });
});

describe('hooks and crashes', () => {
  test('a leader that goes on from the store numbers on and repeats nothing', () => {
    const spec = dagOf([hooked('a'), hooked('b', { after: ['a'] })]);
    const graph = compileGraph(spec);
    const sim = new Simulation();
    sim.trigger(graph);
    sim.turn();
    sim.reportStarts();
    sim.turn();
    sim.end('a');
    sim.turn();
    sim.crash([graph]);
    sim.run();
    const jobs = sim.store?.hooksOf(1) ?? [];
    expect(jobs.map(({ hookNo }) => hookNo)).toEqual(jobs.map((_, index) => index + 1));
    expect(told(sim).filter((line) => line.startsWith('a '))).toEqual([
      'a onStart try 1 running',
      'a onSuccess try 1 succeeded',
    ]);
  });

  const states: Record<string, string> = {
    running: 'onStart',
    success: 'onSuccess',
    failed: 'onFailure',
    up_for_retry: 'onRetry',
    skipped: 'onSkip',
    upstream_failed: 'onSkip',
    cancelled: 'onCancel',
  };
  const finished = ['success', 'failed', 'skipped', 'upstream_failed', 'cancelled'];

  test.each(Array.from({ length: 60 }, (_, seed) => seed))(
    'every transition has one hook: seed %i',
    (seed) => {
      const random = new Random(seed + 77_000);
      const traits = { tasks: 1 + random.upTo(8), rich: true, limits: true, critical: random.chance(0.5) };
      const dag = new RandomDag(random, traits).build('one');
      const spec: DagSpec = { ...dag, tasks: dag.tasks.map((each) => ({ ...each, hooks })) };
      const storm = new Storm(random);
      storm.trigger(spec, randomParams(random), {});
      for (let step = 0; step < 60; step++) storm.step(true);
      storm.calm();
      if (!storm.store.runs.has(1)) return;
      const graph = compileGraph(spec);
      const run = storm.store.load(1, graph);
      const expected = storm.store.changes.flatMap(({ node, from, to, tryNo, code }) => {
        if (!run.isTask(run.templateOf(node)) || from === to) return [];
        const retried = to === 'none' && code === 'retried' && tryNo > 0 && finished.includes(from);
        const hook = retried ? 'onRetry' : states[to];
        return hook === undefined ? [] : [`${node} ${hook} ${tryNo}`];
      });
      const jobs = storm.store.hooksOf(1);
      expect(jobs.map(({ nodeNo, event }) => `${nodeNo} ${event.hook} ${event.try}`)).toEqual(expected);
    },
  );
});
