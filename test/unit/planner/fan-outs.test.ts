import { describe, expect, test } from 'vitest';
import type { Outcome } from '../../../core/model/attempt.ts';
import { because } from '../../../core/model/because.ts';
import type { DagSpec, FanOutSpec, TaskSpec } from '../../../core/model/dag.ts';
import type { JsonObject } from '../../../core/model/json.ts';
import type { RunScope } from '../../../core/model/scope.ts';
import type { RunWorld } from '../../../core/planner/run-world.ts';
import { airflowData } from './airflow-data.ts';
import { dagOf, FAILURE, Simulation, SUCCESS, statesOf, task } from './simulation.ts';

type Outcomes = { readonly [name: string]: Outcome };
const skips: Outcome = { kind: 'skipped' };
const gives = (value: unknown): Outcome => ({ kind: 'success', output: JSON.stringify(value) });
const inside = (path: string, more: Partial<TaskSpec> = {}): TaskSpec => task(path, { fanOut: 0, ...more });
const keyed = (tasks: readonly TaskSpec[], fanOut: Partial<FanOutSpec> = {}): DagSpec =>
  dagOf(tasks, { fanOuts: [{ path: 'f', over: 'params.keys', ...fanOut }] });

function play(
  spec: DagSpec,
  params: JsonObject,
  outcomes: Outcomes = {},
  scope: RunScope = {},
): { sim: Simulation; run: RunWorld; states: { [name: string]: string } } {
  const sim = new Simulation();
  sim.behaviour = (name) => outcomes[name] ?? SUCCESS;
  const run = sim.trigger(spec, { params, scope });
  sim.run();
  return { sim, run, states: statesOf(run) };
}

describe('keys', () => {
  const spec = keyed([inside('f.x'), task('z', { after: ['f.x'] })], { returns: 'f.x' });
  test('from params, of 0, 1 and 10,000', () => {
    for (const size of [1, 2, 10_000]) {
      const sim = new Simulation({}, size < 10);
      const run = sim.trigger(spec, { params: { keys: Array.from({ length: size }, (_, i) => `k${i}`) } });
      sim.run();
      expect([run.record.state, Object.keys(statesOf(run)).length]).toEqual(['success', size + 1]);
    }
    const { run, states } = play(spec, { keys: [] });
    expect([run.record.state, states]).toEqual(['success', { 'f.x': 'skipped', z: 'skipped' }]);
  });

  test('from the output of a task, with a key expression', () => {
    const over = { over: 'needs.l', needs: { l: 'list' }, key: 'item.id' };
    const { states, run } = play(
      keyed([task('list'), inside('f.x')], over),
      {},
      { list: gives([{ id: 'a' }, { id: 7 }]) },
    );
    expect(states).toEqual({ list: 'success', 'f[a].x': 'success', 'f[7].x': 'success' });
    expect(run.parts[0]?.record.items).toEqual([{ id: 'a' }, { id: 7 }]);
  });

  const refused: [string, unknown, Partial<FanOutSpec>, string][] = [
    ['no list', 'abc', {}, 'params.keys is a string, not a list'],
    ['null', null, {}, 'params.keys is null, not a list'],
    ['twice the same', ['a', 'b', 'a'], {}, 'key a occurs twice'],
    ['twice the same as text', [1, '1'], {}, 'key 1 occurs twice'],
    ['an object', [{ a: 1 }], {}, 'an object cannot be a key: name one of its fields with key'],
    ['null as key', [{ a: 1 }], { key: 'item.b' }, 'null cannot be a key: name one of its fields with key'],
    ['empty', ['a', ''], {}, 'a key is empty'],
    ['control characters', ['a\nb'], {}, 'key "a\\nb" has control characters'],
    ['too long', ['ä'.repeat(129)], {}, 'a key has 258 bytes, more than 256'],
    ['half a character', ['\ud800'], {}, 'key "\\ud800" is not valid Unicode'],
    ['too many', ['a', 'b', 'c'], { maxKeys: 2 }, 'it has 3 keys, more than maxKeys allows (2)'],
  ];
  test.each(refused)('%s: the fan-out fails and says why', (_, keys, more, error) => {
    const { sim, run, states } = play(keyed([inside('f.x'), task('z', { after: ['f.x'] })], more), {
      keys,
    } as JsonObject);
    expect([run.record.state, states]).toEqual([
      'failed',
      { 'f.x': 'upstream_failed', z: 'upstream_failed' },
    ]);
    expect(sim.store?.row(1, 0)?.because).toEqual(because('expansion_failed', { fanOut: 'f', error }));
  });

  test('10,001 keys are too many by default', () => {
    const sim = new Simulation({}, false);
    const run = sim.trigger(keyed([inside('f.x')]), {
      params: { keys: Array.from({ length: 10_001 }, (_, i) => `k${i}`) },
    });
    sim.run();
    expect(run.record.state).toBe('failed');
  });
});

describe('chains of empty fan-outs, as in Airflow', () => {
  test('all are skipped, the run is a success', () => {
    const fanOuts = ['m1', 'm2', 'm3'].map((path, at) => ({
      path,
      over: 'params.none',
      after: at > 0 ? [`m${at}.t`] : [],
    }));
    const tasks = fanOuts.map(({ path }, fanOut) => task(`${path}.t`, { fanOut }));
    const { run, states } = play(dagOf(tasks, { fanOuts }), { none: [] });
    expect([run.record.state, states]).toEqual([
      'success',
      { 'm1.t': 'skipped', 'm2.t': 'skipped', 'm3.t': 'skipped' },
    ]);
  });
});

describe('quorum', () => {
  const spec = (minSuccess: number, more: Partial<FanOutSpec> = {}): DagSpec =>
    keyed([inside('f.a'), inside('f.x', { after: ['f.a'] }), task('z', { needs: { f: 'f' } })], {
      returns: 'f.x',
      minSuccess,
      ...more,
    });
  const keys = ['1', '2', '3', '4'];
  const rows: [string, number, Outcomes, string, string][] = [
    ['half of four, two good', 0.5, { 'f[1].x': FAILURE, 'f[2].a': FAILURE }, 'success', 'success'],
    [
      'half of four, one good',
      0.5,
      { 'f[1].x': FAILURE, 'f[2].x': FAILURE, 'f[3].x': FAILURE },
      'upstream_failed',
      'failed',
    ],
    ['three keys, two good', 3, { 'f[1].x': FAILURE, 'f[2].x': FAILURE }, 'upstream_failed', 'failed'],
    ['more keys than there are', 9, {}, 'success', 'success'],
    ['0.51 of four is three', 0.51, { 'f[1].x': FAILURE, 'f[2].x': FAILURE }, 'upstream_failed', 'failed'],
    ['a skipped key has no result', 4, { 'f[1].x': skips }, 'upstream_failed', 'failed'],
  ];
  test.each(rows)('%s', (_, minSuccess, outcomes, z, state) => {
    const { run, states } = play(spec(minSuccess), { keys }, outcomes);
    expect([states['z'], run.record.state]).toEqual([z, state]);
  });

  test('no keys: skipped; a list that cannot be read: failed, and so is the run', () => {
    expect(play(spec(1), { keys: [] }).states['z']).toBe('skipped');
    const broken = play(spec(1), { keys: 'x' });
    expect([broken.states['z'], broken.run.record.state]).toEqual(['upstream_failed', 'failed']);
  });

  test('the join waits for the returned task even where a leaf was decided before it', () => {
    const tasks = [
      inside('f.x'),
      inside('f.y'),
      inside('f.leaf', { after: ['f.x', 'f.y'], triggerRule: 'all_failed' }),
    ];
    const dag = keyed([...tasks, task('z', { needs: { f: 'f' } })], { returns: 'f.y', minSuccess: 1 });
    const sim = new Simulation();
    sim.behaviour = () => 'hang';
    const run = sim.trigger(dag, { params: { keys: ['a'] } });
    sim.turn();
    sim.end('f[a].x');
    sim.turn();
    expect(statesOf(run)).toMatchObject({ 'f[a].leaf': 'skipped', z: 'none' });
    sim.end('f[a].y');
    sim.turn();
    expect(statesOf(run)['z']).toBe('queued');
  });
});

describe('keys of the scope', () => {
  const nested = dagOf(
    [
      task('a.t', { fanOut: 0 }),
      task('a.b.u', { fanOut: 1, after: ['a.t'] }),
      task('z', { after: ['a.b.u'] }),
    ],
    {
      fanOuts: [
        { path: 'a', over: 'params.outer' },
        { path: 'a.b', parent: 0, over: 'params.inner' },
      ],
    },
  );
  const params = { outer: ['A', 'B'], inner: ['x', 'y'] };
  const names = (keys: string[]): string[] => {
    const { states } = play(nested, params, {}, { keys });
    return Object.keys(states).filter((name) => states[name] === 'success');
  };

  test('a key of the outer fan-out brings everything in it', () => {
    expect(names(['A']).sort()).toEqual(['a.b[A/x].u', 'a.b[A/y].u', 'a[A].t', 'z']);
  });
  test('a path brings what leads to it, and nothing beside it', () => {
    expect(names(['A/x']).sort()).toEqual(['a.b[A/x].u', 'a[A].t', 'z']);
  });
  test.each([['C'], ['A/q'], ['*/q'], ['B/x/1']])('%s: an unknown key fails the run', (key) => {
    const { run, sim } = play(nested, params, {}, { keys: [key] });
    expect([run.record.state, sim.store?.runs.get(1)?.record.because?.code]).toEqual([
      'failed',
      'unknown_key',
    ]);
  });
  test('* stands for every outer key', () => {
    expect(names(['*/x']).sort()).toEqual(['a.b[A/x].u', 'a.b[B/x].u', 'a[A].t', 'a[B].t', 'z']);
  });
  test('a name that only the inner fan-out has is that key under every outer one', () => {
    expect(names(['x'])).toEqual(names(['*/x']));
    expect(names(['B', 'x']).sort()).toEqual(
      ['a.b[A/x].u', 'a.b[B/x].u', 'a.b[B/y].u', 'a[A].t', 'a[B].t', 'z'].sort(),
    );
  });
  test('a name that both have is the outer key', () => {
    const { states } = play(nested, { outer: ['A', 'x'], inner: ['x', 'y'] }, {}, { keys: ['x'] });
    const done = Object.keys(states).filter((name) => states[name] === 'success');
    expect(done.sort()).toEqual(['a.b[x/x].u', 'a.b[x/y].u', 'a[x].t', 'z']);
  });
  test('a name that only outputs could tell starts nothing inside other keys: the run fails', () => {
    const fanOuts = [
      { path: 'a', over: 'params.outer' },
      { path: 'a.b', parent: 0, over: 'needs.l', needs: { l: 'a.t' } },
    ];
    const dag = { ...nested, fanOuts };
    const { run, sim } = play(dag, params, {}, { keys: ['x'] });
    expect([run.record.state, sim.starts]).toEqual(['failed', []]);
  });
  test('a key with a slash is known by its own text', () => {
    const { states } = play(keyed([inside('f.x')]), { keys: ['C/D', 'E'] }, {}, { keys: ['C/D'] });
    expect(states).toEqual({ 'f[C/D].x': 'success', 'f[E].x': 'not_selected' });
  });
  test('a key that only looks like a path into another one is chosen alone', () => {
    const { states } = play(keyed([inside('f.x')]), { keys: ['C', 'C/D'] }, {}, { keys: ['C/D'] });
    expect(states).toEqual({ 'f[C].x': 'not_selected', 'f[C/D].x': 'success' });
  });
  test('in nested fan-outs a path is the inner key, if there is one, not an outer one that looks so', () => {
    const both = { outer: ['A', 'A/x'], inner: ['x', 'y'] };
    const ran = (more: object, key: string) => {
      const { states } = play(nested, { ...both, ...more }, {}, { keys: [key] });
      return Object.keys(states).filter((name) => states[name] === 'success');
    };
    expect(ran({}, 'A/x').sort()).toEqual(['a.b[A/x].u', 'a[A].t', 'z']);
    expect(ran({ inner: ['y'] }, 'A/x').sort()).toEqual(['a.b[A%2Fx/y].u', 'a[A/x].t', 'z']);
  });
  test('a nested key with a slash is named as it is shown, and brings what leads to it', () => {
    const { states } = play(nested, { ...params, outer: ['C/D', 'B'] }, {}, { keys: ['C%2FD/x'] });
    const ran = Object.keys(states).filter((name) => states[name] === 'success');
    expect(ran.sort()).toEqual(['a.b[C%2FD/x].u', 'a[C/D].t', 'z']);
  });
  test('a key that only looks encoded is not the one it decodes to', () => {
    const { sim } = play(keyed([inside('f.x')]), { keys: ['C/D'] }, {}, { keys: ['C%2FD'] });
    expect(sim.store?.runs.get(1)?.record.because?.code).toBe('unknown_key');
  });
  test('a fan-out without any keys knows none', () => {
    const { run } = play(keyed([inside('f.x')]), { keys: [] }, {}, { keys: ['A'] });
    expect(run.record.state).toBe('failed');
  });
  test('where a list could not be read nobody knows the keys: the failure stays what it is', () => {
    const spec = keyed([task('list'), inside('f.x')], { over: 'needs.l', needs: { l: 'list' } });
    const { run, sim } = play(spec, {}, { list: FAILURE }, { keys: ['A'] });
    expect([run.record.state, sim.store?.runs.get(1)?.record.because?.code]).toEqual([
      'failed',
      'leaf_failed',
    ]);
  });
});

describe('retry', () => {
  const again = (sim: Simulation, run: RunWorld, selection: object): RunWorld => {
    const loaded = sim.store?.load(1, run.graph) as RunWorld;
    sim.request({ kind: 'retry', inboxId: null, run: loaded, by: 'ann', selection: selection as never });
    sim.turn();
    return loaded;
  };
  const spec = keyed([task('list'), inside('f.x'), task('z', { after: ['f.x'] })], {
    over: 'needs.l',
    needs: { l: 'list' },
    after: ['list'],
  });

  test('all: the instances wait until what gives the keys has run again, and gives others', () => {
    const { sim, run } = play(spec, {}, { list: gives(['a', 'b']) });
    sim.behaviour = () => 'hang';
    const loaded = again(sim, run, { select: 'all' });
    expect(sim.running).toEqual(['list']);
    sim.end('list', gives(['a', 'c']));
    sim.turn();
    expect(sim.running).toEqual(['f[a].x', 'f[c].x']);
    for (const name of sim.running) sim.end(name);
    sim.run();
    expect(statesOf(loaded)).toMatchObject({ 'f[b].x': 'removed', z: 'queued' });
  });

  test('a list that is done again: keys stay as they are, come, go and come back with their numbers', () => {
    const { sim, run } = play(spec, {}, { list: gives(['a', 'b']) });
    const node = (of: RunWorld, name: string): number | undefined =>
      [...of.existing()].find((one) => of.nameOf(one.node) === name)?.node;
    const [list, a, b] = ['list', 'f[a].x', 'f[b].x'].map((name) => node(run, name) as number);
    const asks = { select: 'nodes', nodes: [list], upstream: false, downstream: false };
    const rows: [unknown, { [name: string]: string }, string[]][] = [
      [['c', 'a'], { 'f[a].x': 'success', 'f[b].x': 'removed', 'f[c].x': 'success' }, ['f[c].x']],
      [[], { 'f[a].x': 'removed', 'f[b].x': 'removed', 'f[c].x': 'removed', 'f.x': 'skipped' }, []],
      [['b', 'a'], { 'f[a].x': 'success', 'f[b].x': 'success', 'f[c].x': 'removed' }, ['f[a].x', 'f[b].x']],
    ];
    for (const [value, states, starts] of rows) {
      const before = sim.starts.length;
      sim.behaviour = (name) => (name === 'list' ? gives(value) : SUCCESS);
      const loaded = again(sim, run, asks);
      sim.run();
      expect(statesOf(loaded)).toEqual({ list: 'success', z: 'success', ...states });
      expect(sim.starts.slice(before)).toEqual(['list', ...starts]);
      expect([node(loaded, 'f[a].x'), node(loaded, 'f[b].x')]).toEqual([a, b]);
    }
    expect(sim.store?.row(1, b as number)).toMatchObject({ state: 'success', tryNo: 2 });
  });

  test('the attempt of a key that goes is stopped, and nothing after it waits for it', () => {
    const { sim, run } = play(spec, {}, { list: gives(['a', 'b']) });
    sim.behaviour = (name) => (name === 'list' ? gives(['a']) : 'hang');
    sim.holdStops = true;
    const loaded = again(sim, run, { select: 'all' });
    sim.end('list', gives(['a', 'b']));
    sim.turn();
    const nodes = [loaded.graph.nodeOfPath.get('list') as number];
    sim.request({
      kind: 'retry',
      inboxId: null,
      run: loaded,
      by: 'ann',
      selection: { select: 'nodes', nodes, upstream: false, downstream: false },
    });
    sim.turn();
    sim.end('f[a].x');
    sim.turn();
    expect(statesOf(loaded)).toMatchObject({ 'f[a].x': 'success', 'f[b].x': 'queued', z: 'none' });
    sim.end('list');
    sim.turn();
    expect(statesOf(loaded)).toMatchObject({ 'f[b].x': 'removed', z: 'queued' });
    expect(sim.stops).toEqual([{ name: 'f[b].x', reason: 'user', graceMs: 10_000 }]);
    sim.end('z');
    sim.turn();
    expect(loaded.record.state).toBe('running');
    sim.end('f[b].x');
    sim.turn();
    expect(loaded.record.state).toBe('success');
  });

  test('an inner fan-out asks again when its item has changed, and is removed with its outer key', () => {
    const nested = dagOf([task('list'), task('f.g.u', { fanOut: 1 }), task('z', { after: ['f.g.u'] })], {
      fanOuts: [
        { path: 'f', over: 'needs.l', needs: { l: 'list' }, key: 'item.id' },
        { path: 'f.g', parent: 0, over: 'item.more' },
      ],
    });
    const [a, b] = [
      { id: 'a', more: ['x', 'y'] },
      { id: 'b', more: ['x'] },
    ];
    const { sim, run } = play(nested, {}, { list: gives([a, b]) });
    const before = sim.starts.length;
    sim.behaviour = (name) => (name === 'list' ? gives([{ id: 'a', more: ['y', 'w'] }]) : SUCCESS);
    const nodes = [run.graph.nodeOfPath.get('list') as number];
    const loaded = again(sim, run, { select: 'nodes', nodes, upstream: false, downstream: false });
    sim.run();
    expect(sim.starts.slice(before)).toEqual(['list', 'f.g[a/w].u']);
    const gone = { 'f.g[a/x].u': 'removed', 'f.g[b/x].u': 'removed', 'f[b].g.u': 'removed' };
    expect(statesOf(loaded)).toMatchObject({ ...gone, 'f.g[a/y].u': 'success', 'f.g[a/w].u': 'success' });
    expect(loaded.record.state).toBe('success');
  });

  test('what belongs to a key that is gone cannot be retried', () => {
    const { sim, run } = play(spec, {}, { list: gives(['a', 'b']) });
    sim.behaviour = (name) => (name === 'list' ? gives(['a']) : SUCCESS);
    const loaded = again(sim, run, { select: 'all' });
    sim.run();
    const before = sim.starts.length;
    const removed = [...loaded.existing()].filter(({ node }) => loaded.nameOf(node) === 'f[b].x');
    const nodes = removed.map(({ node }) => node);
    again(sim, loaded, { select: 'nodes', nodes, upstream: true, downstream: true });
    sim.run();
    expect(sim.starts.length).toBe(before);
  });

  test('all, and this time there are no keys to be had: the instances share the fate of their gate', () => {
    const { sim, run } = play(spec, {}, { list: gives(['a', 'b']) });
    sim.behaviour = () => FAILURE;
    const loaded = again(sim, run, { select: 'all' });
    sim.run();
    expect(statesOf(loaded)).toEqual({
      list: 'failed',
      'f[a].x': 'upstream_failed',
      'f[b].x': 'upstream_failed',
      z: 'upstream_failed',
    });
  });

  test('a task of a fan-out that never got keys brings its gate along', () => {
    const { sim, run } = play(spec, {}, { list: FAILURE });
    sim.behaviour = (name) => (name === 'list' ? gives(['a']) : SUCCESS);
    const nodes = ['list', 'f.x'].map((path) => run.graph.nodeOfPath.get(path) as number);
    const loaded = again(sim, run, { select: 'nodes', nodes, upstream: false, downstream: false });
    sim.run();
    expect(statesOf(loaded)).toEqual({ list: 'success', 'f[a].x': 'success', z: 'upstream_failed' });
  });

  test('one instance, and what comes after', () => {
    const { sim, run } = play(spec, {}, { list: gives(['a', 'b']), 'f[b].x': FAILURE });
    const before = sim.starts.length;
    sim.behaviour = () => SUCCESS;
    const loaded = again(sim, run, { select: 'failed' });
    sim.run();
    expect([loaded.record.state, sim.starts.slice(before)]).toEqual(['success', ['f[b].x', 'z']]);
  });

  test('choices are made anew with an attempt number of their own', () => {
    const choose: TaskSpec = task('c', {
      action: { kind: 'choose', cases: [{ when: 'params.yes', value: 'left' }] },
    });
    const { sim, run } = play(dagOf([choose, task('x', { needs: { c: 'c' }, when: "needs.c == 'left'" })]), {
      yes: true,
    });
    for (const tryNo of [2, 3]) {
      const loaded = again(sim, run, { select: 'all' });
      sim.run();
      expect([loaded.record.state, loaded.tryNo[0]]).toEqual(['success', tryNo]);
    }
  });
});

describe('short circuits', () => {
  const no = gives({ ok: false });
  test('everything after is skipped, whatever its rule, through fan-outs and quorums; teardowns run', () => {
    const fanOuts = [{ path: 'f', over: "['a']", after: ['gate'], minSuccess: 1, returns: 'f.x' }];
    const tasks = [
      task('gate', { shortCircuit: 'output.ok' }),
      inside('f.x'),
      task('all', { after: ['f'], triggerRule: 'all_done' }),
      task('always', { after: ['all'], triggerRule: 'always' }),
      task('down', { after: ['all'], teardown: true, setups: ['gate'] }),
    ];
    const { run, states } = play(dagOf(tasks, { fanOuts }), {}, { gate: no });
    const skipped = { 'f.x': 'skipped', all: 'skipped', always: 'skipped' };
    expect([run.record.state, states]).toEqual(['success', { gate: 'success', ...skipped, down: 'success' }]);
  });

  test('everything after names the task that ended the path, however far before', () => {
    const fanOuts = [{ path: 'f', over: "['a']", after: ['gate'], returns: 'f.x' }];
    const tasks = [
      task('gate', { shortCircuit: 'output.ok' }),
      task('near', { after: ['gate'] }),
      task('far', { after: ['near'] }),
      inside('f.x'),
      task('last', { after: ['f', 'far'] }),
    ];
    const { sim, run } = play(dagOf(tasks, { fanOuts }), {}, { gate: no });
    const skipped = [...run.existing()].filter(({ node }) => run.nameOf(node) !== 'gate');
    const said = skipped.map(({ node }) => sim.store?.row(1, node)?.because);
    expect(said).toEqual(
      skipped.map(() => because('short_circuit', { task: 'gate', expression: 'output.ok' })),
    );
  });

  test.each([0, 1])('a rule that would not wait waits for what may cut it off, order %i', (order) => {
    const sim = new Simulation();
    sim.behaviour = (name) => (name === 'gate' ? no : SUCCESS);
    sim.pick = (running) => (order < running ? order : 0);
    const spec = dagOf([
      task('plain'),
      task('gate', { shortCircuit: 'output.ok' }),
      task('x', { after: ['plain', 'gate'], triggerRule: 'one_success' }),
    ]);
    const run = sim.trigger(spec);
    sim.run();
    expect(statesOf(run)).toEqual({ plain: 'success', gate: 'success', x: 'skipped' });
  });

  test('a condition that reads outputs waits for them, whatever the rule', () => {
    const sim = new Simulation();
    sim.behaviour = () => 'hang';
    const run = sim.trigger(
      dagOf([
        task('a'),
        task('b'),
        task('x', { after: ['a'], needs: { b: 'b' }, triggerRule: 'one_success', when: 'needs.b == 1' }),
      ]),
    );
    sim.turn();
    sim.end('a');
    sim.turn();
    expect(statesOf(run)['x']).toBe('none');
    sim.end('b', gives(1));
    sim.turn();
    expect(statesOf(run)['x']).toBe('queued');
  });
});

test('a setup that ends last still lets go what it held back', () => {
  const sim = new Simulation();
  sim.behaviour = () => 'hang';
  const run = sim.trigger(
    dagOf([
      task('s'),
      task('a', { after: ['s'], triggerRule: 'always' }),
      task('b', { after: ['a'] }),
      task('t', { teardown: true, setups: ['s'], after: ['b'] }),
    ]),
  );
  sim.turn();
  sim.end('a');
  sim.turn();
  expect(statesOf(run)['b']).toBe('none');
  sim.end('s');
  sim.turn();
  expect(statesOf(run)['b']).toBe('queued');
});

const mapped = airflowData<{
  scheduling_in_mapped_groups: { source: string; steps?: { finish?: string[]; ready: string[] }[] }[];
}>('mapped_tasks');

// The tables of Airflow's behaviour lie beside the project, not in it.
describe.skipIf(!mapped)('mapped groups of Airflow', () => {
  test('only the relevant upstream instances count', () => {
    const row = mapped?.scheduling_in_mapped_groups.find((one) => one.steps);
    const fanOuts = ['tg1', 'tg2'].map((path) => ({ path, over: 'params.keys' }));
    const tasks = [
      task('tg1.t1', { fanOut: 0 }),
      task('tg1.t2', { fanOut: 0, after: ['tg1.t1'] }),
      task('tg2.t3', { fanOut: 1, after: ['tg1.t2'] }),
      task('t4', { after: ['tg2.t3'] }),
    ];
    const sim = new Simulation();
    sim.behaviour = () => 'hang';
    sim.trigger(dagOf(tasks, { fanOuts }), { params: { keys: ['0', '1', '2'] } });
    const ours = (name: string): string => name.replace(/^(\w+)\.(\w+)\[(\d)\]$/, '$1[$3].$2');
    for (const { finish, ready } of row?.steps ?? []) {
      for (const name of finish ?? []) {
        sim.turn();
        sim.end(ours(name));
      }
      sim.turn();
      expect(sim.running).toEqual(ready.map(ours).sort());
    }
    expect(row?.steps).toHaveLength(7);
  });

  const setup: [string, Outcomes, { [name: string]: string }][] = [
    [
      'setups of each key',
      { 'f[1].s': FAILURE, 'f[2].s': skips },
      { w: 'success upstream_failed skipped', t: 'success upstream_failed skipped' },
    ],
    [
      'work of each key',
      { 'f[1].w': FAILURE, 'f[2].w': skips },
      { s: 'success success success', t: 'success success success' },
    ],
  ];
  test.each(setup)('%s', (_, outcomes, expected) => {
    const tasks = [
      inside('f.s'),
      inside('f.w', { after: ['f.s'] }),
      inside('f.t', { teardown: true, setups: ['f.s'], after: ['f.w'] }),
    ];
    const { states } = play(keyed(tasks), { keys: ['0', '1', '2'] }, outcomes);
    for (const [name, list] of Object.entries(expected)) {
      expect([name, ['0', '1', '2'].map((key) => states[`f[${key}].${name}`]).join(' ')]).toEqual([
        name,
        list,
      ]);
    }
  });

  const odd = [
    task('f.my_setup', { fanOut: 0 }),
    task('my_work', { after: ['f.my_setup'] }),
    task('other_setup'),
    task('other_work', { after: ['other_setup'] }),
    task('my_teardown', { teardown: true, setups: ['f.my_setup', 'other_setup'], after: ['my_work'] }),
    task('other_teardown', { teardown: true, setups: ['other_setup'], after: ['other_work'] }),
  ];
  const explicit: [string, Outcomes, string][] = [
    [
      'all mapped setups fail',
      { 'f[0].my_setup': FAILURE, 'f[1].my_setup': FAILURE, 'f[2].my_setup': FAILURE },
      'upstream_failed success success success success',
    ],
    [
      'one of them fails',
      { 'f[1].my_setup': FAILURE, 'f[2].my_setup': skips },
      'upstream_failed success success success success',
    ],
    [
      'every setup fails',
      { 'f[0].my_setup': FAILURE, 'f[1].my_setup': FAILURE, 'f[2].my_setup': FAILURE, other_setup: FAILURE },
      'upstream_failed upstream_failed failed upstream_failed upstream_failed',
    ],
  ];
  test.each(explicit)('%s', (_, outcomes, expected) => {
    const { states } = play(keyed(odd), { keys: ['0', '1', '2'] }, outcomes);
    const names = ['my_work', 'my_teardown', 'other_setup', 'other_work', 'other_teardown'];
    expect(names.map((name) => states[name]).join(' ')).toBe(expected);
  });
});
