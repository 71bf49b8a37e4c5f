import { describe, expect, onTestFinished, test } from 'vitest';
import type { Executor } from '../../core/executors/executor.ts';
import { compileGraph } from '../../core/graph/graph.ts';
import { createLogger } from '../../core/log/logger.ts';
import type { Outcome } from '../../core/model/attempt.ts';
import { systemClock } from '../../core/model/clock.ts';
import type { DagSpec, TaskSpec } from '../../core/model/dag.ts';
import { ENGINE_DEFAULTS } from '../../core/model/defaults.ts';
import { AppError } from '../../core/model/errors.ts';
import type { AttemptId, RunNo } from '../../core/model/ids.ts';
import { loadRun } from '../../core/planner/load.ts';
import type { PlannedRequest } from '../../core/planner/requests.ts';
import { Dispatcher } from '../../core/scheduler/dispatcher.ts';
import { InputReader } from '../../core/scheduler/inputs.ts';
import { Leader } from '../../core/scheduler/leader.ts';
import { RequestDesk } from '../../core/scheduler/request-desk.ts';
import { openStore } from '../../core/store/open-store.ts';
import type { CommitResult, Store, Tick } from '../../core/store/store.ts';
import { runOf } from '../contract/store/fixture.ts';

const PASS = { action: { kind: 'shell', run: 'true' } } as const;
const task = (path: string, more: object = {}): TaskSpec => ({ path, ...PASS, ...more }) as TaskSpec;

const SOUND: DagSpec = { v: 1, id: 'sound', tasks: [task('one'), task('two', { after: ['one'] })] };
/** As a damaged row of the store gives it: planning the failure of `bad` throws. */
const DAMAGED: DagSpec = {
  v: 1,
  id: 'damaged',
  tasks: [task('bad', { retries: { max: 1, on: 5 } }), task('slow')],
};

/** An executor that runs nothing: the test says how attempts end. */
class SilentExecutor implements Executor {
  onEvent: Executor['onEvent'] = () => {};
  onFailed: (error: Error) => void = () => undefined;
  readonly submitted: string[] = [];
  readonly stopped: string[] = [];
  async start(): Promise<void> {}
  async close(): Promise<void> {}
  submit(order: { attemptId: AttemptId }): void {
    this.submitted.push(order.attemptId);
  }
  stop(id: AttemptId): void {
    this.stopped.push(id);
  }
  end(id: string, outcome: Outcome): void {
    const at = systemClock.now();
    this.onEvent({ type: 'attempt.ended', attemptId: id as AttemptId, startedAt: at, at, outcome });
  }
}

type Commit = (tick: Tick, write: () => CommitResult) => CommitResult;

/** A store in memory, and the same behind a `commit` of the test. */
async function openBehind(commit: Commit): Promise<{ real: Store; store: Store }> {
  const real = await openStore({
    kind: 'sqlite',
    path: ':memory:',
    durability: 'normal',
    clock: systemClock,
  });
  const store: Store = new Proxy(real, {
    get: (target, name) => {
      if (name === 'commit') {
        return (lease: never, tick: Tick) => commit(tick, () => real.commit(lease, tick) as CommitResult);
      }
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  return { real, store };
}

/** A leader on a store of its own; `commit` stands before the store's. */
async function lead(commit: Commit = (_, write) => write()) {
  const { real, store } = await openBehind(commit);
  const lease = await store.tryLead();
  if (!lease) throw new Error('the lead is taken');
  const executor = new SilentExecutor();
  const inputs = new InputReader(store, '/nowhere');
  const dispatcher = new Dispatcher({
    executor,
    inputs,
    stateDir: '/nowhere',
    memoryMb: null,
    canSpin: false,
  });
  const limits = { globalSlots: 10, pools: {}, defaults: ENGINE_DEFAULTS };
  const log = createLogger({ level: 'silent', to: 2 });
  const desk: RequestDesk = new RequestDesk({
    store,
    inputs,
    stateDir: '/nowhere',
    maxActiveRuns: 16,
    versions: null as never,
    led: () => leader.runs,
    setAside: () => leader.setAside,
    nextRunNo: () => 0 as RunNo,
  });
  const reload = (runNo: RunNo) => desk.load(runNo);
  const options = { store, lease, clock: systemClock, executor, dispatcher, limits, log, reload };
  const leader: Leader = new Leader({ ...options, stateDir: '/nowhere', tick: 0 });
  let lost: Error | null = null;
  leader.onLost = (why) => {
    lost = why;
  };
  onTestFinished(async () => {
    leader.stop();
    await real.close();
  });
  return {
    leader,
    store: real,
    executor,
    desk,
    lost: () => lost,
    /** Resolves once something holds after a commit. */
    async until(holds: () => unknown): Promise<void> {
      const ear = leader.committed.listen();
      while (!holds()) {
        if (lost) throw lost;
        await ear.wait(1_000);
      }
      ear.close();
    },
    async start(runNo: number, spec: DagSpec): Promise<void> {
      const stored = { dagId: spec.id, graphHash: 'g', codeHash: 'c', file: 'dags/a.ts', spec, createdAt: 1 };
      const versionNo = await store.saveVersion(lease, stored);
      const record = runOf(runNo, { dagId: spec.id, versionNo, params: {}, scope: {} });
      const graph = compileGraph(spec);
      const run = loadRun(
        { run: record, expansions: [], instances: [] },
        graph,
        new Uint8Array(graph.size).fill(1),
      );
      leader.request({ inboxId: null, kind: 'start', run, replaces: null }, { ...stored, versionNo });
      await this.until(() => leader.runs.get(runNo)?.record.state === 'running');
    },
  };
}

const FAILED: Outcome = { kind: 'failed', error: { name: 'Error', message: 'no' } };
const DONE: Outcome = { kind: 'success' };

/** Says how both tasks of the sound run 2 end and expects its success. */
async function expectSoundEnd(led: Awaited<ReturnType<typeof lead>>): Promise<void> {
  await led.until(() => led.executor.submitted.includes('2.1.1'));
  led.executor.end('2.1.1', DONE);
  await led.until(() => !led.leader.runs.has(2));
  expect(await led.store.run(2 as RunNo)).toMatchObject({ state: 'success' });
  expect(led.lost()).toBeNull();
}

async function linesOf(store: Store, runNo: number): Promise<string[]> {
  return (await store.journal({ runNo: runNo as RunNo })).map((line) => line.because.code);
}

describe('a run whose planning throws', () => {
  test('is set aside with its attempts stopped; what happened elsewhere in that tick counts', async () => {
    const led = await lead();
    await led.start(1, DAMAGED);
    await led.start(2, SOUND);
    led.executor.end('1.0.1', FAILED);
    led.executor.end('2.0.1', DONE);
    await led.until(() => led.leader.setAside.has(1 as RunNo));
    expect(led.executor.stopped).toEqual(['1.1.1']);
    await expectSoundEnd(led);
    expect(await led.store.run(1 as RunNo)).toMatchObject({ state: 'running', endedAt: null });
    const [aside, ...more] = await led.store.setAsideRuns();
    expect(more).toEqual([]);
    expect(aside).toMatchObject({ run: { runNo: 1 }, epoch: 1, because: { code: 'quarantined' } });
    expect(aside?.because.text).toMatch(/^The run was set aside after an .* error: TypeError: /);
  });

  test('is not planned again: outcomes are dropped, requests are refused', async () => {
    const led = await lead();
    await led.start(1, DAMAGED);
    led.executor.end('1.0.1', FAILED);
    await led.until(() => led.leader.setAside.size > 0);
    const lines = await linesOf(led.store, 1);
    led.executor.end('1.1.1', DONE);
    const uid = (await led.store.run(1 as RunNo))?.uid ?? '';
    const inboxId = await led.store.ask({ type: 'cancel', runUid: uid, by: 'a test' }, 1);
    const [record] = await led.store.pendingRequests();
    const { request } = await led.desk.prepare(record as never);
    expect(request).toMatchObject({ inboxId, kind: 'refuse', code: 'conflict' });
    await led.start(2, SOUND);
    expect(await linesOf(led.store, 1)).toEqual(lines);
    expect(led.executor.submitted).not.toContain('1.0.2');
  });

  test('does not keep the leader from draining', async () => {
    const led = await lead();
    await led.start(1, DAMAGED);
    led.executor.end('1.0.1', FAILED);
    await led.leader.drain();
    expect(led.leader.setAside.size).toBe(1);
  });
});

describe('a run whose rows the store refuses', () => {
  test('is found although it can be planned', async () => {
    const led = await lead((tick, write) => {
      const refused = tick.actions.some((one) => one.type === 'instance' && one.runNo === 1 && one.to === 7);
      if (refused) throw new AppError('internal', 'a constraint is broken');
      return write();
    });
    await led.start(1, SOUND);
    await led.start(2, SOUND);
    led.executor.end('1.0.1', DONE);
    led.executor.end('2.0.1', DONE);
    await led.until(() => led.leader.setAside.has(1 as RunNo));
    expect(led.leader.setAside.get(1 as RunNo)).toBe('a constraint is broken');
    await expectSoundEnd(led);
  });

  test('is read again when memory is stale, and set aside when it is stale again', async () => {
    let stale = 2;
    const led = await lead((tick, write) => {
      const about = tick.actions.some((one) => one.type === 'instance' && one.runNo === 1 && one.to === 7);
      if (!about || stale-- === 0) return write();
      return { ok: false, why: 'stale', runs: [1 as RunNo], requests: [], dags: [] };
    });
    await led.start(1, SOUND);
    await led.start(2, SOUND);
    led.executor.end('1.0.1', DONE);
    led.executor.end('2.0.1', DONE);
    await led.until(() => led.leader.setAside.has(1 as RunNo));
    await expectSoundEnd(led);
    const lines = await linesOf(led.store, 1);
    expect(lines.slice(-3)).toEqual(['memory_stale', 'memory_stale', 'quarantined']);
  });

  test('stops this leader when no run and no request is the cause', async () => {
    let broken = false;
    const led = await lead((_, write) => {
      if (broken) throw new AppError('internal', 'the disk is a lie');
      return write();
    });
    await led.start(2, SOUND);
    broken = true;
    led.executor.end('2.0.1', DONE);
    await expect(led.until(() => false)).rejects.toThrow('the disk is a lie');
  });
});

describe('a request that makes planning throw', () => {
  test('is answered with the error; the run and the other requests go on', async () => {
    const led = await lead();
    await led.start(2, SOUND);
    const uid = (await led.store.run(2 as RunNo))?.uid ?? '';
    for (const by of ['poison', 'medicine']) await led.store.ask({ type: 'pauseRun', runUid: uid, by }, 1);
    const handIn = async (): Promise<void> => {
      for (const { inboxId, request } of await led.store.pendingRequests()) {
        const run = led.leader.runs.get(2);
        const isPoison = 'by' in request && request.by === 'poison';
        const planned = isPoison
          ? ({ kind: 'markTask', run, by: 'poison', node: 9_999, state: 'success' } as const)
          : ({ kind: 'pause', runNo: 2 } as const);
        led.leader.request({ inboxId, ...planned } as PlannedRequest);
      }
    };
    led.leader.onForgotten = () => void handIn();
    await handIn();
    await led.until(() => led.leader.runs.get(2)?.record.state === 'paused');
    expect(await led.store.answer(1)).toMatchObject({
      ok: false,
      code: 'internal',
      message: expect.stringMatching(/^orch failed at this request: TypeError: /),
    });
    expect(await led.store.answer(2)).toMatchObject({ ok: true });
    expect(await led.store.pendingRequests()).toEqual([]);
    expect(led.leader.setAside.size).toBe(0);
    expect(led.lost()).toBeNull();
  });
});
