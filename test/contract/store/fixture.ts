import type { Action, DagChange, InstanceChange } from '../../../core/model/action.ts';
import { because, becauseNumber } from '../../../core/model/because.ts';
import type { DagSpec } from '../../../core/model/dag.ts';
import type { NodeNo, RunNo, RunUid, TryNo, VersionNo } from '../../../core/model/ids.ts';
import type { Request } from '../../../core/model/request.ts';
import type { RunRecord } from '../../../core/model/run.ts';
import type { ScheduleState } from '../../../core/model/slot.ts';
import { S } from '../../../core/model/states.ts';
import type { CommitResult, Lease, Store, VersionRecord } from '../../../core/store/store.ts';

/** The instant at which every test begins. */
export const T0 = 1_763_000_000_000;

export const runNo = (no: number): RunNo => no as RunNo;
export const nodeNo = (no: number): NodeNo => no as NodeNo;
export const tryNo = (no: number): TryNo => no as TryNo;

/** A run id that ends in a number. */
export function uidOf(no: number): RunUid {
  return `01980000-0000-7000-8000-${no.toString(16).padStart(12, '0')}` as RunUid;
}

export function specOf(id: string): DagSpec {
  return {
    v: 1,
    id,
    tasks: [{ path: 'extract', action: { kind: 'pass' } }],
    fanOuts: [{ path: 'symbol', over: 'params.symbols' }],
  };
}

export function versionOf(dagId: string, graphHash = 'g1'): Omit<VersionRecord, 'versionNo'> {
  return { dagId, graphHash, codeHash: 'c1', file: `dags/${dagId}.ts`, spec: specOf(dagId), createdAt: T0 };
}

export function runOf(no: number, fields: Partial<RunRecord> = {}): RunRecord {
  return {
    runNo: runNo(no),
    uid: uidOf(no),
    dagId: 'prices',
    versionNo: 1 as VersionNo,
    state: 'queued',
    trigger: 'manual',
    params: { symbols: ['A', 'B'], nested: { deep: [1, null, 'é'] } },
    scope: { until: ['extract'] },
    maxParallel: null,
    inputsFrom: null,
    logicalAt: null,
    intervalStartAt: null,
    intervalEndAt: null,
    createdAt: T0,
    startedAt: null,
    endedAt: null,
    because: because('triggered', { by: 'ada' }),
    ...fields,
  };
}

export const create = (no: number, fields: Partial<RunRecord> = {}): Action => ({
  type: 'run.create',
  run: runOf(no, fields),
});

/** A task instance that becomes queued for the first time. */
export function queued(run: number, node: number, fields: Partial<InstanceChange> = {}): InstanceChange {
  return {
    type: 'instance',
    runNo: runNo(run),
    nodeNo: nodeNo(node),
    fresh: true,
    from: S.none,
    fromTry: 0,
    to: S.queued,
    tryNo: 1,
    tryBase: 0,
    lost: 0,
    reason: 0,
    because: becauseNumber('root'),
    facts: null,
    queuedAt: T0 + 1,
    startedAt: null,
    endedAt: null,
    dueAt: null,
    error: null,
    log: null,
    ...fields,
  };
}

/** The success of a queued instance. */
export function succeeded(run: number, node: number, fields: Partial<InstanceChange> = {}): InstanceChange {
  return queued(run, node, {
    fresh: false,
    from: S.queued,
    fromTry: 1,
    to: S.success,
    because: becauseNumber('succeeded'),
    startedAt: T0 + 2,
    endedAt: T0 + 3,
    log: { segment: 1, offset: 10, length: 20 },
    ...fields,
  });
}

/** A DAG whose schedule came into a state; from no cursor if nothing else is said. */
export function dagChange(state: Partial<ScheduleState>, fields: Partial<DagChange> = {}): DagChange {
  return {
    type: 'dag.change',
    dagId: 'prices',
    fromCursorAt: null,
    state: { paused: false, present: true, sinceAt: null, cursorAt: null, ...state },
    code: null,
    facts: null,
    ...fields,
  };
}

export function triggerOf(runUid: string): Request {
  return {
    type: 'trigger',
    dagId: 'prices',
    runUid,
    trigger: 'manual',
    params: {},
    scope: {},
    maxParallel: null,
    inputsFrom: null,
    replaces: null,
  };
}

/** A store that leads and has one version, and ticks with numbers that grow. */
export class Leader {
  readonly store: Store;
  readonly lease: Lease;
  #tick: number;

  private constructor(store: Store, lease: Lease, tick: number) {
    this.store = store;
    this.lease = lease;
    this.#tick = tick;
  }

  static async of(store: Store): Promise<Leader> {
    await store.migrate();
    const lease = await store.tryLead();
    if (lease === null) throw new Error('somebody leads already');
    const { tick } = await store.counters();
    const leader = new Leader(store, lease, tick);
    await store.saveVersion(lease, versionOf('prices'));
    return leader;
  }

  /** Commits actions as the next tick and gives the result. */
  async try(...actions: Action[]): Promise<CommitResult> {
    this.#tick += 1;
    return this.store.commit(this.lease, { no: this.#tick, at: T0 + this.#tick * 1000, actions });
  }

  /** Commits actions as the next tick; anything but success is an error. */
  async tick(...actions: Action[]): Promise<void> {
    const result = await this.try(...actions);
    if (result.ok) return;
    throw new Error(`the tick was not written: ${JSON.stringify(result)}`);
  }
}
