import { onTestFinished } from 'vitest';
import type { Executor } from '../../core/executors/executor.ts';
import { compileGraph } from '../../core/graph/graph.ts';
import { createLogger } from '../../core/log/logger.ts';
import type { Outcome } from '../../core/model/attempt.ts';
import { type Clock, systemClock } from '../../core/model/clock.ts';
import type { DagSpec } from '../../core/model/dag.ts';
import { ENGINE_DEFAULTS } from '../../core/model/defaults.ts';
import type { AttemptId, RunNo } from '../../core/model/ids.ts';
import type { RunRecord } from '../../core/model/run.ts';
import { loadRun } from '../../core/planner/load.ts';
import type { RunWorld } from '../../core/planner/run-world.ts';
import { Dispatcher } from '../../core/scheduler/dispatcher.ts';
import { InputReader } from '../../core/scheduler/inputs.ts';
import { Leader } from '../../core/scheduler/leader.ts';
import { RequestDesk } from '../../core/scheduler/request-desk.ts';
import { openStore } from '../../core/store/open-store.ts';
import type { CommitResult, Lease, Store, Tick, VersionRecord } from '../../core/store/store.ts';
import { runOf } from '../contract/store/fixture.ts';

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
  hold(): void {}
  holdStill(): void {}
  stop(id: AttemptId): void {
    this.stopped.push(id);
  }
  end(id: string, outcome: Outcome): void {
    const at = systemClock.now();
    this.onEvent({ type: 'attempt.ended', attemptId: id as AttemptId, startedAt: at, at, outcome });
  }
}

type Commit = (tick: Tick, write: () => CommitResult) => CommitResult | Promise<CommitResult>;

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

function keeper(store: Store, lease: Lease) {
  return async (spec: DagSpec): Promise<VersionRecord> => {
    const graphHash = JSON.stringify(spec);
    const stored = { dagId: spec.id, graphHash, codeHash: 'c', file: 'dags/a.ts', spec, createdAt: 1 };
    return { ...stored, versionNo: await store.saveVersion(lease, stored) };
  };
}

function freshRun(run: RunRecord, spec: DagSpec): RunWorld {
  const graph = compileGraph(spec);
  return loadRun({ run, expansions: [], instances: [] }, graph, new Uint8Array(graph.size).fill(1));
}

interface SilentOptions {
  readonly globalSlots?: number;
  readonly clock?: Clock;
  readonly beatMs?: number;
}

/** A leader on a store of its own; `commit` stands before the store's. */
export async function silentLeader(
  commit: Commit = (_, write) => write(),
  { globalSlots = 10, clock = systemClock, beatMs }: SilentOptions = {},
) {
  const { real, store } = await openBehind(commit);
  const lease = await store.tryLead();
  if (!lease) throw new Error('the lead is taken');
  const keep = keeper(store, lease);
  const executor = new SilentExecutor();
  const inputs = new InputReader(store, '/nowhere');
  const about = { stateDir: '/nowhere', memoryMb: null, traced: false, canSpin: false };
  const dispatcher = new Dispatcher({ executor, values: { find: async () => [] }, inputs, ...about });
  const limits = { globalSlots, pools: {}, defaults: ENGINE_DEFAULTS };
  const log = createLogger({ level: 'silent', to: 2 });
  const desk: RequestDesk = new RequestDesk({
    operate: () => Promise.reject(new Error('nobody operates this leader')),
    store,
    lease,
    inputs,
    stateDir: '/nowhere',
    maxActiveRuns: 16,
    versions: null as never,
    leader: () => leader,
    nextRunNo: () => 0 as RunNo,
  });
  const reload = (runNo: RunNo) => desk.load(runNo);
  const options = { store, lease, clock, executor, dispatcher, limits, log, reload };
  const leader: Leader = new Leader({
    ...options,
    stateDir: '/nowhere',
    tick: 0,
    ...(beatMs === undefined ? {} : { beatMs }),
  });
  let lost: Error | null = null;
  leader.onLost = (why) => {
    lost = why;
  };
  onTestFinished(async () => {
    leader.stop();
    await real.close();
  });
  /** Resolves once something holds after a turn. */
  const until = async (holds: () => unknown): Promise<void> => {
    const ear = leader.turned.listen();
    while (!holds()) {
      if (lost) throw lost;
      await ear.wait(1_000);
    }
    ear.close();
  };
  return {
    leader,
    /** Stores what a file declares. */
    keep,
    store: real,
    lease,
    executor,
    desk,
    lost: () => lost,
    until,
    async start(runNo: number, spec: DagSpec): Promise<void> {
      const version = await keep(spec);
      const { versionNo } = version;
      const record = runOf(runNo, { dagId: spec.id, versionNo, params: {}, scope: {} });
      const run = freshRun(record, spec);
      leader.request({ inboxId: null, kind: 'start', run, replaces: null }, version);
      await until(() => leader.runs.get(runNo)?.record.state === 'running');
    },
  };
}
