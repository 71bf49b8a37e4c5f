import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileGraph } from '../../../core/graph/graph.ts';
import type { Action } from '../../../core/model/action.ts';
import { because } from '../../../core/model/because.ts';
import type { CacheEntry } from '../../../core/model/cache.ts';
import type { TaskSpec } from '../../../core/model/dag.ts';
import type { RunNo, VersionNo } from '../../../core/model/ids.ts';
import type { Json } from '../../../core/model/json.ts';
import type { CacheAnswer } from '../../../core/planner/cache-lookups.ts';
import { explain } from '../../../core/planner/explain.ts';
import type { RunWorld } from '../../../core/planner/run-world.ts';
import { tries } from '../../tries.ts';
import { dagOf, FAILURE, Simulation, SUCCESS, statesOf, task } from './simulation.ts';

const CACHED: Partial<TaskSpec> = { cache: true };
const ENTRY: CacheEntry = {
  key: 'k',
  dagId: 'test',
  instance: 'a',
  runUid: 'before',
  at: 0,
  expiresAt: null,
  output: { json: '{"rows":3}' },
  artifacts: [{ name: 'chart', bytes: 1, mediaType: 'text/html', sha256: 'f'.repeat(64) }],
  parts: {},
};

/** A simulation whose cache has the entries of some instances, read when {@link read} is called. */
class Cached extends Simulation {
  entries: { [instance: string]: CacheEntry } = {};
  value: Json | undefined;

  constructor(checked = true) {
    super({ readsCache: true }, checked);
    this.behaviour = (name, tryNo) => (name === 'bad' && tryNo === 1 ? FAILURE : SUCCESS);
  }

  /** Answers what is asked now. */
  read(): number {
    const answers = this.answers();
    this.feed({ type: 'cache', answers });
    return answers.length;
  }

  /** Reads what is asked now, and tells nobody yet. */
  answers(): CacheAnswer[] {
    const asked = [...this.world.lookups.unread];
    for (const lookup of asked) this.world.lookups.unread.delete(lookup);
    return asked.map(({ id, run, node }) => {
      const hit = this.entries[run.nameOf(node)] ?? null;
      const { versionNo } = run.record;
      const ask = { versionNo, key: `k${node}`, parts: { code: 'c' }, because: because('cache_first') };
      return { id, ask, hit, ...(this.value === undefined ? {} : { value: this.value }) };
    });
  }

  /** Goes on until nothing happens, and answers what is asked on the way. */
  play(): void {
    do this.run();
    while (this.read() > 0);
  }

  of<Type extends Action['type']>(type: Type): Extract<Action, { type: Type }>[] {
    return this.actions.filter((action) => action.type === type) as Extract<Action, { type: Type }>[];
  }
}

const TWO = dagOf([task('a', CACHED), task('b', { after: ['a'] })]);

function nodeOf(run: RunWorld, path: string): number {
  return run.graph.nodeOfPath.get(path) as number;
}

describe('a cached task', () => {
  test('waits until the cache was read, holds no slot meanwhile, and says so', () => {
    const sim = new Cached();
    const run = sim.trigger(TWO);
    sim.run();
    expect(statesOf(run)).toEqual({ a: 'none', b: 'none' });
    expect(sim.world.used).toBe(0);
    expect(explain(sim.world, run, nodeOf(run, 'a'), null).because.code).toBe('cache_unread');
  });

  test('that has an earlier success takes it, and no attempt is started', () => {
    const sim = new Cached();
    sim.entries = { a: ENTRY };
    const run = sim.trigger(TWO);
    sim.play();
    expect(statesOf(run)).toEqual({ a: 'success', b: 'success' });
    expect(sim.starts).toEqual(['b']);
    expect(sim.store?.row(1, nodeOf(run, 'a'))).toMatchObject({
      because: { code: 'cache_hit', run: 'before' },
      startedAt: null,
    });
    expect(sim.of('output')).toEqual([
      { type: 'output', runNo: 1, nodeNo: 0, tryNo: 1, output: ENTRY.output },
    ]);
    expect(sim.of('artifact').map(({ artifact }) => artifact)).toEqual(ENTRY.artifacts);
    expect(sim.of('cache.put')).toEqual([]);
  });

  test('without one runs, and its success goes into the cache before its transition', () => {
    const sim = new Cached();
    const run = sim.trigger(TWO);
    sim.play();
    expect(sim.starts).toEqual(['a', 'b']);
    expect(sim.of('cache.put').map(({ entry }) => entry)).toMatchObject([
      { key: 'k0', instance: 'a', runUid: run.record.uid, expiresAt: null, output: null, artifacts: [] },
    ]);
    const put = sim.actions.findIndex(({ type }) => type === 'cache.put');
    expect(sim.actions[put + 1]).toMatchObject({ type: 'instance', nodeNo: 0 });
  });

  test('keeps its output, the artifacts of the attempt that succeeded, and when it is over', () => {
    const sim = new Cached();
    const more = { cache: { ttlMs: 5 }, retries: { max: 1, delayMs: 1 } };
    sim.behaviour = () => 'hang';
    sim.trigger(dagOf([task('a', more)]));
    sim.run();
    sim.read();
    sim.turn();
    const [artifact] = ENTRY.artifacts;
    const tell = (tryNo: number, name: string) =>
      sim.tell({
        type: 'attempt.artifact',
        attemptId: `1.0.${tryNo}` as never,
        at: 1,
        artifact: { ...artifact, name } as never,
      });
    tell(1, 'lost');
    sim.end('a', FAILURE);
    sim.run();
    tell(2, 'kept');
    sim.end('a', { kind: 'success', output: '1' });
    sim.run();
    const [put] = sim.of('cache.put');
    expect(put?.entry).toMatchObject({ output: { json: '1' }, expiresAt: (put?.entry.at ?? 0) + 5 });
    expect(put?.entry.artifacts.map(({ name }) => name)).toEqual(['kept']);
  });

  test.each([
    ['a failure', FAILURE],
    ['a skip', { kind: 'skipped' } as const],
  ])('%s does not go into the cache', (_what, outcome) => {
    const sim = new Cached();
    sim.behaviour = () => outcome;
    sim.trigger(TWO);
    sim.play();
    expect(sim.of('cache.put')).toEqual([]);
  });

  test('what expressions read of a success from the cache is its value', () => {
    const sim = new Cached();
    sim.entries = { a: ENTRY };
    sim.value = { rows: 3 };
    const dag = dagOf([
      task('a', CACHED),
      task('many', { after: ['a'], when: 'tasks.a.rows > 2' }),
      task('few', { after: ['a'], when: 'tasks.a.rows < 3' }),
    ]);
    const run = sim.trigger(dag);
    sim.play();
    expect(statesOf(run)).toEqual({ a: 'success', many: 'success', few: 'skipped' });
  });

  test('without a reader of the cache every task runs', () => {
    const sim = new Simulation();
    const run = sim.trigger(TWO);
    sim.run();
    expect([statesOf(run), sim.starts]).toEqual([{ a: 'success', b: 'success' }, ['a', 'b']]);
  });
});

describe('what is to run again', () => {
  test('runs although the cache has it, after a retry by hand and in a run without cache', () => {
    const sim = new Cached();
    const dag = dagOf([task('a', CACHED), task('bad', { after: ['a'] })]);
    const run = sim.trigger(dag);
    sim.play();
    expect(statesOf(run)).toEqual({ a: 'success', bad: 'failed' });
    sim.entries = { a: ENTRY };
    sim.request({ kind: 'retry', inboxId: null, run, by: 'ann', selection: { select: 'all' } });
    sim.play();
    expect(sim.starts).toEqual(['a', 'bad', 'a', 'bad']);
    expect(sim.of('cache.ask').at(-1)?.ask?.because.code).toBe('cache_passed');
    expect(sim.of('cache.put')).toHaveLength(2);
  });

  test('is known after a crash of the leader', () => {
    const sim = new Cached();
    const graph = compileGraph(dagOf([task('a', CACHED)]));
    const run = sim.trigger(graph);
    sim.play();
    sim.entries = { a: ENTRY };
    sim.request({ kind: 'retry', inboxId: null, run, by: 'ann', selection: { select: 'all' } });
    sim.turn();
    sim.crash([graph]);
    sim.play();
    expect(sim.starts).toEqual(['a', 'a']);
  });

  test('a run that asks for no cache takes nothing from it', () => {
    const sim = new Cached();
    sim.entries = { a: ENTRY };
    const run = sim.trigger(TWO);
    run.record = { ...run.record, noCache: true };
    sim.play();
    expect(sim.starts).toEqual(['a', 'b']);
  });
});

describe('answers that are late', () => {
  test('count for the very question: one that was asked before a retry is passed over', () => {
    const sim = new Cached();
    sim.entries = { b: { ...ENTRY, instance: 'b' } };
    const dag = dagOf([task('a'), task('b', { ...CACHED, after: ['a'] })]);
    const run = sim.trigger(dag);
    sim.run();
    expect(statesOf(run)).toEqual({ a: 'success', b: 'none' });
    const old = sim.answers();
    sim.request({
      kind: 'retry',
      inboxId: null,
      run,
      by: 'ann',
      selection: { select: 'nodes', nodes: [0], upstream: false, downstream: false },
    });
    sim.run();
    sim.feed({ type: 'cache', answers: old });
    sim.run();
    expect([sim.starts, statesOf(run)]).toEqual([['a', 'a'], { a: 'success', b: 'none' }]);
    expect(sim.read()).toBe(1);
    sim.run();
    expect(statesOf(run).b).toBe('success');
  });

  test('to a run that was cancelled meanwhile change nothing', () => {
    const sim = new Cached();
    sim.entries = { a: ENTRY };
    const run = sim.trigger(TWO);
    sim.run();
    sim.request({ kind: 'cancel', inboxId: null, runNo: 1 as RunNo, by: 'ann', kill: false });
    sim.play();
    expect(run.record.state).toBe('cancelled');
    expect(statesOf(run).a).toBe('cancelled');
  });
});

describe('a key', () => {
  test('survives a crash of the leader: the attempt that makes up for the lost one fills the cache', () => {
    const sim = new Cached();
    sim.behaviour = (_name, tryNo) => (tryNo === 1 ? 'hang' : SUCCESS);
    const graph = compileGraph(TWO);
    sim.trigger(graph);
    sim.run();
    sim.read();
    sim.turn();
    expect(sim.running).toEqual(['a']);
    sim.crash([graph]);
    sim.play();
    expect(sim.of('cache.put').map(({ entry }) => entry.key)).toEqual(['k0']);
  });

  test('is forgotten when something before an attempt that is still to come is done again', () => {
    const sim = new Cached();
    sim.behaviour = (name, tryNo) => (name === 'b' && tryNo === 1 ? 'hang' : SUCCESS);
    const retries = { max: 1, delayMs: 1_000 };
    const run = sim.trigger(dagOf([task('a'), task('b', { ...CACHED, after: ['a'], retries })]));
    sim.run();
    sim.read();
    sim.turn();
    sim.end('b', FAILURE);
    sim.turn();
    expect(statesOf(run).b).toBe('up_for_retry');
    const selection = { select: 'nodes', nodes: [0], upstream: false, downstream: false } as const;
    sim.request({ kind: 'retry', inboxId: null, run, by: 'ann', selection });
    sim.play();
    expect([sim.starts, statesOf(run).b]).toEqual([['a', 'b', 'a', 'b'], 'success']);
    expect(sim.of('cache.put')).toEqual([]);
  });

  test('is forgotten when the run moves to other code', () => {
    const sim = new Cached();
    sim.behaviour = (_name, tryNo) => (tryNo === 1 ? 'hang' : SUCCESS);
    const graph = compileGraph(TWO);
    sim.trigger(graph);
    sim.run();
    sim.read();
    sim.turn();
    const [run] = sim.crash([graph]);
    if (!run) throw new Error('there is no run');
    sim.world.runs.delete(run.record.runNo);
    run.record = { ...run.record, versionNo: 2 as VersionNo };
    const adopting = { kind: 'adopt', inboxId: null, run, takeOver: true } as const;
    const moved = new Cached(false);
    moved.request({ ...adopting, repin: { from: 1 as VersionNo, by: 'ann' } });
    expect(run.cacheAsks.size).toBe(1);
    moved.run();
    expect(run.cacheAsks.size).toBe(0);
    expect(moved.of('cache.put')).toEqual([]);
    expect(statesOf(run).a).toBe('success');
  });
});

test('whatever is cached and whenever the leader dies: what has a success is not run, all else is', () => {
  const one = fc.record({ cached: fc.boolean(), hit: fc.boolean(), after: fc.nat() });
  const tasks = fc.array(one, { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(tasks, fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 3 }), (drawn, crashes) => {
      const dag = dagOf(
        drawn.map(({ cached, after }, at) =>
          task(`t${at}`, {
            ...(cached ? CACHED : {}),
            ...(at === 0 || after % 3 === 0 ? {} : { after: [`t${after % at}`] }),
          }),
        ),
      );
      const graph = compileGraph(dag);
      const sim = new Cached();
      const hits = drawn.flatMap(({ cached, hit }, at) => (cached && hit ? [`t${at}`] : []));
      sim.entries = Object.fromEntries(hits.map((name) => [name, { ...ENTRY, instance: name }]));
      sim.trigger(graph);
      for (const turns of crashes) {
        for (let turn = 0; turn < turns; turn++) {
          sim.turn();
          if (turn % 2 === 1) sim.read();
        }
        sim.crash([graph]);
      }
      sim.play();
      expect(sim.store?.runs.get(1)?.record.state).toBe('success');
      const names = drawn.map((_, at) => `t${at}`);
      expect([...new Set(sim.starts)].sort()).toEqual(names.filter((name) => !hits.includes(name)));
      const kept = new Set(sim.of('cache.put').map(({ entry }) => entry.instance));
      const filled = names.filter((name, at) => drawn[at]?.cached && !hits.includes(name));
      expect([...kept].sort()).toEqual(filled);
    }),
    { numRuns: tries(200) },
  );
});
