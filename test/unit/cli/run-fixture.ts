import { type BecauseCode, because, type Facts } from '../../../core/model/because.ts';
import type { DagSpec } from '../../../core/model/dag.ts';
import {
  instanceName,
  type NodeNo,
  type RunNo,
  type RunUid,
  type TryNo,
  type VersionNo,
} from '../../../core/model/ids.ts';
import type { RunState, TaskState } from '../../../core/model/states.ts';
import type { RunUpdate } from '../../../core/scheduler/session.ts';
import type { InstanceView, RunView } from '../../../core/store/run-view.ts';

/** 2026-11-20T12:00:00Z: when every run of these tests begins. */
export const START = Date.UTC(2026, 10, 20, 12);

export const UID = '019ae3f2-7c11-7000-8000-000000000001' as RunUid;

const action = { kind: 'shell', run: 'true' } as const;

/** A fan-out of three stages and one task after it. */
export const SPEC: DagSpec = {
  v: 1,
  id: 'pipeline',
  tasks: [
    { path: 'symbol.collect', action, fanOut: 0, retries: { max: 2 } },
    { path: 'symbol.clean', action, fanOut: 0, needs: { raw: 'symbol.collect' } },
    { path: 'symbol.backtest', action, fanOut: 0, needs: { rows: 'symbol.clean' } },
    { path: 'compare', action, needs: { results: 'symbol' }, triggerRule: 'all_done' },
  ],
  fanOuts: [{ path: 'symbol', over: 'params.symbols', returns: 'symbol.backtest' }],
};

let nodes = 0;

/** An instance as it is after a change; times are milliseconds after {@link START}. */
export function instance(
  taskId: string,
  key: string | null,
  state: TaskState,
  more: Partial<InstanceView> = {},
): InstanceView {
  return {
    nodeNo: ++nodes as NodeNo,
    taskId,
    key,
    name: instanceName(taskId, key === null ? null : 'symbol', key),
    stage: null,
    state,
    reason: null,
    because: null,
    attempts: 1 as TryNo,
    startedAt: null,
    endedAt: null,
    durationMs: null,
    dueAt: null,
    error: null,
    log: null,
    output: null,
    progress: null,
    ...more,
  };
}

/** A run with the given instances. */
export function runView(
  tasks: readonly InstanceView[],
  more: { state?: RunState; endedAt?: number; spec?: DagSpec } = {},
): RunView {
  const counts: Record<string, number> = {};
  for (const { state } of tasks) counts[state] = (counts[state] ?? 0) + 1;
  const spec = more.spec ?? SPEC;
  const total = tasks.filter(({ state }) => state !== 'not_selected').length;
  const completed = tasks.filter(({ state }) =>
    ['success', 'failed', 'skipped', 'upstream_failed', 'cancelled'].includes(state),
  ).length;
  return {
    run: {
      runNo: 1 as RunNo,
      uid: UID,
      dagId: spec.id,
      versionNo: 1 as VersionNo,
      state: more.state ?? 'running',
      trigger: 'manual',
      params: {},
      scope: {},
      maxParallel: null,
      inputsFrom: null,
      logicalAt: null,
      intervalStartAt: null,
      intervalEndAt: null,
      createdAt: START,
      startedAt: START,
      endedAt: more.endedAt ?? null,
      because: null,
    },
    version: {
      versionNo: 1 as VersionNo,
      dagId: spec.id,
      graphHash: 'g',
      codeHash: 'c',
      file: 'dags/pipeline.yaml',
      spec,
      createdAt: START,
    },
    tasks,
    counts,
    total,
    completed,
    progress: total === 0 ? 1 : completed / total,
  };
}

/** A change that brought an instance into its state. */
export function change(
  view: InstanceView,
  atMs: number,
  more: { from?: TaskState; code?: BecauseCode; facts?: Facts } = {},
): RunUpdate {
  return {
    type: 'change',
    record: {
      seq: atMs,
      at: START + atMs,
      epoch: 1,
      runNo: 1 as RunNo,
      nodeNo: view.nodeNo,
      tryNo: view.attempts,
      from: more.from ?? 'queued',
      to: view.state,
      because: because(more.code ?? 'none', more.facts),
    },
    instance: view,
  };
}

/** A success after `durationMs`. */
export function done(
  taskId: string,
  key: string | null,
  durationMs: number,
  more: Partial<InstanceView> = {},
): InstanceView {
  return instance(taskId, key, 'success', { durationMs, ...more });
}
