import { PostgresQueryCompiler, SqliteQueryCompiler } from 'kysely';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Action } from '../../../core/model/action.ts';
import { because, becauseNumber } from '../../../core/model/because.ts';
import { S } from '../../../core/model/states.ts';
import type { Store } from '../../../core/store/store.ts';
import { databases, type StorePlace } from './databases.ts';
import {
  create,
  dagChange,
  Leader,
  nodeNo,
  queued,
  runNo,
  runOf,
  succeeded,
  T0,
  tryNo,
  uidOf,
  versionOf,
} from './fixture.ts';
import { useLedStore } from './led-store.ts';

const SHA = 'ab'.repeat(32);

describe.each(databases)('commits on $name', ({ newPlace }) => {
  let place: StorePlace;
  let store: Store;
  let leader: Leader;

  useLedStore(newPlace, (led) => {
    ({ place, store, leader } = led);
  });

  describe('runs', () => {
    it('reads a run back as it was created', async () => {
      const run = runOf(1, {
        trigger: 'schedule',
        maxParallel: 3,
        logicalAt: T0,
        intervalStartAt: T0 - 1000,
        intervalEndAt: T0,
        inputsFrom: runNo(7),
      });
      await leader.tick({ type: 'run.create', run });
      expect(await store.run(runNo(1))).toEqual(run);
      expect(await store.unfinishedRuns()).toEqual([run]);
      expect((await store.counters()).runNo).toBe(1);
    });

    it('changes what a change names and keeps the rest', async () => {
      await leader.tick(create(1, { maxParallel: 5 }));
      await leader.tick({
        type: 'run.change',
        runNo: runNo(1),
        from: 'queued',
        to: 'running',
        code: 'started',
        facts: null,
        startedAt: T0 + 5,
      });
      expect(await store.run(runNo(1))).toMatchObject({
        state: 'running',
        startedAt: T0 + 5,
        endedAt: null,
        maxParallel: 5,
      });
      const end = {
        from: 'running',
        to: 'failed',
        code: 'leaf_failed',
        facts: { task: 'extract', state: 'failed' },
      } as const;
      await leader.tick({
        type: 'run.change',
        runNo: runNo(1),
        ...end,
        endedAt: T0 + 9,
        counts: { failed: 1 },
        maxParallel: null,
      });
      const ended = await store.run(runNo(1));
      expect(ended).toMatchObject({ state: 'failed', startedAt: T0 + 5, endedAt: T0 + 9, maxParallel: null });
      expect(ended?.because).toMatchObject({ code: 'leaf_failed', text: 'extract is failed.' });
      expect(await store.runCounts([runNo(1), runNo(2)])).toEqual(new Map([[1, { failed: 1 }]]));
      expect(await store.unfinishedRuns()).toEqual([]);
      const back = { from: 'failed', to: 'running', code: 'retried', facts: null } as const;
      await leader.tick({ type: 'run.change', runNo: runNo(1), ...back, endedAt: null });
      expect(await store.run(runNo(1))).toMatchObject({ state: 'running', startedAt: T0 + 5, endedAt: null });
    });

    it('creates, starts and ends a run in one tick', async () => {
      await leader.tick(
        create(1),
        {
          type: 'run.change',
          runNo: runNo(1),
          from: 'queued',
          to: 'running',
          code: 'started',
          facts: null,
          startedAt: T0,
        },
        {
          type: 'run.change',
          runNo: runNo(1),
          from: 'running',
          to: 'success',
          code: 'leaves_succeeded',
          facts: null,
          endedAt: T0 + 1,
          counts: {},
        },
      );
      expect(await store.run(runNo(1))).toMatchObject({ state: 'success', startedAt: T0, endedAt: T0 + 1 });
      expect((await store.runCounts([runNo(1)])).get(runNo(1))).toEqual({});
      const lines = await store.journal({ runNo: runNo(1) });
      expect(lines.map(({ from, to }) => `${from}-${to}`)).toEqual([
        'none-queued',
        'queued-running',
        'running-success',
      ]);
    });

    it.each([
      ['its number', create(1, { uid: uidOf(9) })],
      ['its id', create(2, { uid: uidOf(1) })],
    ])('calls a run stale that exists by %s', async (_what, again) => {
      await leader.tick(create(1));
      const result = await leader.try(create(3), again);
      const no = again.type === 'run.create' ? again.run.runNo : 0;
      expect(result).toEqual({ ok: false, why: 'stale', runs: [no], requests: [], dags: [] });
      expect(await store.run(runNo(3))).toBeNull();
    });

    it('has one scheduled run for a slot', async () => {
      const slot = { trigger: 'schedule', logicalAt: T0 } as const;
      await leader.tick(create(1, slot));
      expect(await leader.try(create(2, slot))).toMatchObject({ why: 'stale', runs: [2] });
      const started = [create(2, slot), queued(2, 0, { fresh: true })];
      expect(await leader.try(...started)).toMatchObject({ why: 'stale', runs: [2] });
      await leader.tick(
        create(3, { ...slot, logicalAt: T0 + 1 }),
        create(4, { trigger: 'manual', logicalAt: T0 }),
      );
    });

    it('never gives a number of a run or line twice, even after rows are gone', async () => {
      await leader.tick(create(5));
      const { seq } = (await store.journal({})).at(-1) ?? { seq: 0 };
      await place.execute('delete from dag_run');
      await place.execute('delete from journal');
      await leader.lease.release();
      const next = await Leader.of(store);
      expect((await store.counters()).runNo).toBe(5);
      await next.tick(create(6));
      expect((await store.journal({}))[0]?.seq).toBe(seq + 1);
    });
  });

  describe('task instances', () => {
    beforeEach(() => leader.tick(create(1, { state: 'running' })));

    it('reads an instance back as it was written', async () => {
      const error = { name: 'HTTPError', message: 'a "quoted" \\ {text}, NULL', code: '503' };
      await leader.tick(
        queued(1, 4, {
          to: S.up_for_retry,
          tryNo: 2,
          tryBase: 1,
          lost: 1,
          reason: 1,
          because: becauseNumber('retry_wait'),
          facts: JSON.stringify({ try: 2, delayMs: 10, error: 'x' }),
          startedAt: T0 + 2,
          endedAt: T0 + 3,
          dueAt: T0 + 13,
          error: JSON.stringify(error),
          log: { segment: 3, offset: 5_000_000_000, length: null },
        }),
      );
      expect(await store.instances(runNo(1))).toEqual([
        {
          runNo: 1,
          nodeNo: 4,
          state: 'up_for_retry',
          tryNo: 2,
          tryBase: 1,
          lost: 1,
          reason: 'error',
          because: {
            code: 'retry_wait',
            text: 'Attempt 2 failed; attempt 3 follows in 10 ms: x',
            try: 2,
            delayMs: 10,
            error: 'x',
          },
          queuedAt: T0 + 1,
          startedAt: T0 + 2,
          endedAt: T0 + 3,
          dueAt: T0 + 13,
          error,
          log: { segment: 3, offset: 5_000_000_000, length: null },
        },
      ]);
    });

    it.each([
      ['another state', succeeded(1, 1, { from: S.running })],
      ['another attempt', succeeded(1, 1, { fromTry: 2, tryNo: 2 })],
      ['no row', succeeded(1, 2)],
      ['a row', queued(1, 1)],
    ])('writes nothing of a tick that finds %s', async (_what, change) => {
      await leader.tick(queued(1, 1));
      const before = await store.journal({});
      expect(await leader.try(create(2), queued(2, 1), change)).toEqual({
        ok: false,
        why: 'stale',
        runs: [1],
        requests: [],
        dags: [],
      });
      expect(await store.run(runNo(2))).toBeNull();
      expect(await store.journal({})).toEqual(before);
      await leader.tick(succeeded(1, 1));
      expect((await store.instances(runNo(1)))[0]?.state).toBe('success');
    });

    it('names every stale run of a tick', async () => {
      await leader.tick(create(2, { state: 'running' }), queued(2, 1), create(3, { state: 'running' }));
      const result = await leader.try(succeeded(1, 1), queued(2, 1), queued(3, 1), succeeded(2, 8));
      expect(result).toMatchObject({ ok: false, why: 'stale' });
      expect(!result.ok && result.why === 'stale' && [...result.runs].sort()).toEqual([1, 2]);
    });

    it('writes several changes of one instance in their order', async () => {
      await leader.tick(
        queued(1, 1),
        succeeded(1, 1, { from: S.queued, to: S.running, endedAt: null }),
        succeeded(1, 1, { from: S.running }),
      );
      expect((await store.instances(runNo(1)))[0]).toMatchObject({ state: 'success', endedAt: T0 + 3 });
      expect((await store.journal({ runNo: runNo(1) })).slice(1).map(({ to }) => to)).toEqual([
        'queued',
        'running',
        'success',
      ]);
      expect(await leader.try(queued(1, 2), succeeded(1, 2, { from: S.running }))).toMatchObject({
        why: 'stale',
        runs: [1],
      });
    });

    it.each([
      ['an unknown state', { to: 14 }],
      ['a finished one without an end', { to: S.success, endedAt: null }],
      ['an active one with an end', { to: S.running, endedAt: T0 }],
      ['a reason for a success', { to: S.success, endedAt: T0, reason: 1 }],
    ])('refuses %s as a defect, and goes on', async (_what, fields) => {
      await leader.tick(queued(1, 1));
      await expect(leader.try(succeeded(1, 1, fields))).rejects.toMatchObject({ code: 'internal' });
      await leader.tick(succeeded(1, 1));
    });

    it('writes a large tick', async () => {
      const nodes = Array.from({ length: 3000 }, (_, index) => index + 1);
      await leader.tick(...nodes.map((node) => queued(1, node)));
      await leader.tick(...nodes.map((node) => succeeded(1, node)));
      const rows = await store.instances(runNo(1));
      expect(rows.length).toBe(3000);
      expect(rows.every((row, index) => row.state === 'success' && row.nodeNo === index + 1)).toBe(true);
    });
  });

  describe('past attempts', () => {
    const failure = {
      to: S.up_for_retry,
      reason: 1,
      because: becauseNumber('attempt_failed'),
      dueAt: T0 + 9,
      error: '{"name":"E","message":"m"}',
    };

    beforeEach(() => leader.tick(create(1, { state: 'running' }), queued(1, 1)));

    it('keeps an attempt when the next one begins', async () => {
      await leader.tick(succeeded(1, 1, failure));
      expect(await store.attempts(runNo(1), nodeNo(1))).toEqual([]);
      await leader.tick(queued(1, 1, { fresh: false, from: S.up_for_retry, fromTry: 1, tryNo: 2 }));
      const [past, ...others] = await store.attempts(runNo(1), nodeNo(1));
      expect(others).toEqual([]);
      expect(past).toMatchObject({
        tryNo: 1,
        state: 'up_for_retry',
        reason: 'error',
        startedAt: T0 + 2,
        endedAt: T0 + 3,
        error: { name: 'E' },
      });
      expect(past?.log).toEqual({ segment: 1, offset: 10, length: 20 });
      expect((await store.instances(runNo(1)))[0]).toMatchObject({ tryNo: 2, state: 'queued', error: null });
    });

    it('keeps an attempt that ended and was followed within one tick', async () => {
      await leader.tick(
        succeeded(1, 1, failure),
        queued(1, 1, { fresh: false, from: S.up_for_retry, fromTry: 1, tryNo: 2 }),
        succeeded(1, 1, { ...failure, fromTry: 2, tryNo: 2, error: '{"name":"F","message":"m"}' }),
        queued(1, 1, { fresh: false, from: S.up_for_retry, fromTry: 2, tryNo: 3 }),
      );
      const past = await store.attempts(runNo(1), nodeNo(1));
      expect(past.map(({ tryNo: no, error }) => [no, error?.name])).toEqual([
        [1, 'E'],
        [2, 'F'],
      ]);
    });

    it.each([
      ['in one tick', true],
      ['over several ticks', false],
    ])('keeps the end of an attempt that is retried by hand %s', async (_how, once) => {
      await leader.tick(succeeded(1, 1, { to: S.failed, reason: 1 }));
      const reset = queued(1, 1, { fresh: false, from: S.failed, fromTry: 1, to: S.none, queuedAt: null });
      const again = queued(1, 1, { fresh: false, from: S.none, fromTry: 1, tryNo: 2 });
      if (once) await leader.tick(reset, again);
      else for (const change of [reset, again]) await leader.tick(change);
      expect(await store.attempts(runNo(1), nodeNo(1))).toMatchObject([
        { tryNo: 1, state: 'failed', endedAt: T0 + 3 },
      ]);
    });
  });

  describe('results', () => {
    beforeEach(() => leader.tick(create(1, { state: 'running' }), queued(1, 1), queued(1, 2), queued(1, 3)));
    const place1 = { runNo: runNo(1), nodeNo: nodeNo(1), tryNo: tryNo(1) };

    it('shows outputs with the success of their attempt only', async () => {
      const json = JSON.stringify({ text: 'a\u0000b "q" \\ {x} é\ud800', list: [1, null] });
      await leader.tick(
        { type: 'output', ...place1, output: { json } },
        { type: 'output', ...place1, nodeNo: nodeNo(2), output: { sha256: SHA, bytes: 9 } },
      );
      expect(await store.outputs(runNo(1))).toEqual(new Map());
      await leader.tick(succeeded(1, 1), succeeded(1, 2), succeeded(1, 3));
      expect(await store.outputs(runNo(1))).toEqual(
        new Map<number, unknown>([
          [1, { json }],
          [2, { sha256: SHA, bytes: 9 }],
        ]),
      );
      expect(await store.outputs(runNo(1), [nodeNo(2), nodeNo(3)])).toEqual(
        new Map([[2, { sha256: SHA, bytes: 9 }]]),
      );
      expect(await store.outputs(runNo(1), [])).toEqual(new Map());
      await leader.tick(
        queued(1, 1, { fresh: false, from: S.success, fromTry: 1, tryNo: 2 }),
        succeeded(1, 1, { fromTry: 2, tryNo: 2 }),
      );
      expect(await store.outputs(runNo(1), [nodeNo(1)])).toEqual(new Map());
    });

    it('writes an output once', async () => {
      await leader.tick({ type: 'output', ...place1, output: { json: '1' } });
      expect(await leader.try({ type: 'output', ...place1, output: { json: '2' } })).toMatchObject({
        why: 'stale',
        runs: [1],
      });
    });

    it('keeps what an instance that was put off carries, until it carries nothing', async () => {
      const place = { type: 'wait', runNo: runNo(1), nodeNo: nodeNo(1) } as const;
      const other = {
        ...place,
        nodeNo: nodeNo(2),
        wait: { sinceAt: T0, calls: 4, iterations: 3, state: null },
      };
      await leader.tick({ ...place, wait: { sinceAt: T0, calls: 1, iterations: 0, state: '{}' } }, other);
      await leader.tick({ ...place, wait: { sinceAt: T0, calls: 2, iterations: 1, state: '"a\u0000b"' } });
      const waits = (await store.loadRun(runNo(1)))?.waits;
      expect([...(waits ?? [])]).toEqual([
        [1, { sinceAt: T0, calls: 2, iterations: 1, state: '"a\ufffdb"' }],
        [2, { sinceAt: T0, calls: 4, iterations: 3, state: null }],
      ]);
      await leader.tick({ ...place, wait: null });
      expect([...((await store.loadRun(runNo(1)))?.waits.keys() ?? [])]).toEqual([2]);
    });

    it('does not keep the attempt that put an instance off when the next one comes', async () => {
      await leader.tick(queued(1, 5, { tryNo: tryNo(1) }));
      const waiting = {
        ...queued(1, 1, { tryNo: 1 }),
        fresh: false,
        from: S.queued,
        fromTry: 1,
        to: S.waiting,
      };
      await leader.tick(waiting);
      await leader.tick({ ...waiting, from: S.waiting, to: S.queued, tryNo: tryNo(2) });
      expect(await store.attempts(runNo(1), nodeNo(5))).toEqual([]);
    });

    it('keeps the last value of a metric, the last file of a name, the last progress', async () => {
      const metric = { type: 'metric', ...place1, name: 'sharpe\u0000', at: T0 } as const;
      const artifact = { name: 'report.html', bytes: 3, mediaType: 'text/html', sha256: SHA };
      const progress = { type: 'progress', runNo: runNo(1), nodeNo: nodeNo(1), total: 4 } as const;
      await leader.tick(
        { ...metric, value: 1 },
        { ...metric, value: 1.5 },
        { ...metric, name: 'nan', value: Number.NaN },
      );
      await leader.tick({ ...metric, value: 2.25, at: T0 + 1 });
      await leader.tick(
        { type: 'artifact', ...place1, artifact },
        { type: 'artifact', ...place1, artifact: { ...artifact, bytes: 4 } },
      );
      await leader.tick({ type: 'artifact', ...place1, artifact: { ...artifact, bytes: 5 } });
      await leader.tick({ ...progress, done: 1, step: 'load' }, { ...progress, done: 2, step: null });
      await leader.tick({ ...progress, done: 2.5, step: 'a\u0000b' });
      expect(await store.metrics(runNo(1))).toEqual([
        { nodeNo: 1, tryNo: 1, name: 'sharpe\ufffd', value: 2.25, at: T0 + 1 },
      ]);
      expect(await store.artifacts(runNo(1))).toEqual([
        { nodeNo: 1, tryNo: 1, artifact: { ...artifact, bytes: 5 } },
      ]);
      expect(await store.progress(runNo(1))).toEqual([{ nodeNo: 1, done: 2.5, total: 4, step: 'a\ufffdb' }]);
    });

    it('keeps expansions, each once', async () => {
      const expansion = {
        runNo: runNo(1),
        base: nodeNo(10),
        fanOut: 0,
        parentBase: nodeNo(0),
        keys: ['A/B', 'ü"\\'],
        items: [{ a: 1 }, 'x'],
        gone: [],
      };
      await leader.tick({ type: 'expand', expansion, keys: 2 });
      await leader.tick({
        type: 'expand',
        expansion: { ...expansion, base: nodeNo(20), parentBase: nodeNo(10), items: null },
        keys: 2,
      });
      expect(await store.expansions(runNo(1))).toMatchObject([expansion, { base: 20, items: null }]);
      expect(await leader.try({ type: 'expand', expansion, keys: 2 })).toMatchObject({
        why: 'stale',
        runs: [1],
      });
      const line = (await store.journal({ runNo: runNo(1) })).find(
        ({ because }) => because.code === 'expanded',
      );
      expect(line?.because.text).toBe('Fan-out symbol has 2 keys.');
    });

    it('keeps further keys of a fan-out, and which are gone', async () => {
      const first = {
        runNo: runNo(1),
        base: nodeNo(10),
        fanOut: 0,
        parentBase: nodeNo(0),
        keys: ['A', 'B'],
        items: null,
        gone: [],
      };
      const more = { ...first, base: nodeNo(12), keys: ['C'] };
      await leader.tick({ type: 'expand', expansion: first, keys: 2 });
      await leader.tick(
        { type: 'reexpand', expansion: { ...first, gone: [0] } },
        { type: 'expand', expansion: more, keys: 2 },
        { type: 'reexpand', expansion: { ...more, items: [{ id: 'C' }] } },
        { type: 'reexpand', expansion: { ...first, items: [1, { b: 2 }], gone: [0, 1] } },
      );
      expect(await store.expansions(runNo(1))).toEqual([
        { ...first, items: [1, { b: 2 }], gone: [0, 1] },
        { ...more, items: [{ id: 'C' }] },
      ]);
      await leader.tick({ type: 'reexpand', expansion: first });
      expect((await store.expansions(runNo(1)))[0]).toEqual(first);
      const unknown = { ...first, base: nodeNo(99) };
      expect(await leader.try({ type: 'reexpand', expansion: unknown })).toMatchObject({
        why: 'stale',
        runs: [1],
      });
    });
  });

  describe('the journal', () => {
    it('has one line for each decision, with names', async () => {
      await leader.tick(create(1), queued(1, 2, { facts: JSON.stringify({ a: 1 }) }));
      await leader.tick(
        {
          type: 'note',
          runNo: runNo(1),
          nodeNo: nodeNo(2),
          tryNo: tryNo(1),
          code: 'late_outcome',
          facts: { try: 1 },
        },
        dagChange({ paused: true }, { code: 'dag_paused' }),
        dagChange({}, { code: 'dag_unpaused' }),
        dagChange({ sinceAt: T0 }),
      );
      const lines = await store.journal({});
      const epoch = leader.lease.epoch;
      expect(lines.map(({ seq, at, epoch: by }) => [seq, at, by])).toEqual(
        [1, 1, 2, 2, 2].map((tick, index) => [index + 1, T0 + tick * 1000, epoch]),
      );
      expect(
        lines.map(({ runNo: run, nodeNo: node, tryNo: no, from, to, because }) => [
          run,
          node,
          no,
          from,
          to,
          because.code,
        ]),
      ).toEqual([
        [1, null, null, 'none', 'queued', 'triggered'],
        [1, 2, 1, 'none', 'queued', 'root'],
        [1, 2, 1, 'none', 'none', 'late_outcome'],
        [null, null, null, 'none', 'none', 'dag_paused'],
        [null, null, null, 'none', 'none', 'dag_unpaused'],
      ]);
      expect(lines[0]?.because).toEqual({ code: 'triggered', text: 'Triggered by ada.', by: 'ada' });
      expect(lines[1]?.because['a']).toBe(1);
      expect(await store.journal({ runNo: runNo(1), afterSeq: 1, limit: 1 })).toEqual([lines[1]]);
      expect(await store.journal({ afterSeq: 3 })).toEqual(lines.slice(3));
      expect(await store.dag('prices')).toMatchObject({ paused: false });
    });

    it('refuses to pause a DAG that is not stored', async () => {
      const pause = leader.try(dagChange({ paused: true }, { dagId: 'nobody' }));
      expect(await pause).toMatchObject({ ok: false, why: 'stale', dags: ['nobody'] });
    });
  });

  it('has SQL built once for all ticks', async () => {
    const ticks = async (run: number, firstAt: number): Promise<void> => {
      await leader.tick(create(run, { state: 'running' }), queued(run, 1));
      const attempt = { runNo: runNo(run), nodeNo: nodeNo(1), tryNo: tryNo(1) };
      await leader.tick(succeeded(run, 1), { type: 'output', ...attempt, output: { json: '1' } });
      const at = { firstAt, lastAt: firstAt + 1, decidedAt: T0 };
      const span = {
        dagId: 'prices',
        disposition: 'skipped',
        runNo: null,
        because: because('started'),
      } as const;
      const slots: Action = { type: 'slots', span: { ...span, ...at } };
      const fromCursorAt = run === 1 ? null : firstAt - 1;
      await leader.tick(slots, dagChange({ cursorAt: at.lastAt }, { code: 'dag_seen', fromCursorAt }));
    };
    await ticks(1, T0);
    const compilers = [SqliteQueryCompiler, PostgresQueryCompiler].map((compiler) =>
      vi.spyOn(compiler.prototype, 'compileQuery'),
    );
    const calls = (): number => compilers.reduce((sum, compiler) => sum + compiler.mock.calls.length, 0);
    try {
      await ticks(2, T0 + 2);
      expect(calls()).toBe(0);
      await store.instances(runNo(1));
      expect(calls()).toBe(1);
    } finally {
      vi.restoreAllMocks();
    }
  });

  it('refuses a tick number that does not grow', async () => {
    await leader.tick(create(1));
    const again = async () => store.commit(leader.lease, { no: 1, at: T0, actions: [create(2)] });
    await expect(again()).rejects.toMatchObject({ code: 'internal' });
    expect(await store.run(runNo(2))).toBeNull();
  });

  it('writes an empty tick', async () => {
    await leader.tick();
    expect((await store.counters()).tick).toBe(1);
    expect(await store.journal({})).toEqual([]);
  });

  it('stores a version once and makes it the newest of its DAG', async () => {
    const first = await store.saveVersion(leader.lease, versionOf('prices'));
    const second = await store.saveVersion(leader.lease, versionOf('prices', 'g2'));
    const moved = await store.saveVersion(leader.lease, { ...versionOf('prices'), file: 'dags/moved.ts' });
    expect([first, second, moved]).toEqual([1, 2, 1]);
    const fresh = {
      paused: false,
      present: true,
      sinceAt: null,
      cursorAt: null,
      decidedNo: null,
      eventNo: 0,
    };
    const version = { versionNo: 1, graphHash: 'g1', codeHash: 'c1', versionAt: T0 };
    expect(await store.dags()).toEqual([{ dagId: 'prices', file: 'dags/moved.ts', ...fresh, ...version }]);
    expect(await store.version(second)).toEqual({ ...versionOf('prices', 'g2'), versionNo: 2 });
    await expect(store.saveVersion(leader.lease, versionOf('bad id'))).rejects.toThrow();
  });
});
