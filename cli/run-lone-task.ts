import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLocalExecutor } from '../core/executors/local.ts';
import { itemNamesOf } from '../core/graph/item-names.ts';
import type { LogLine } from '../core/log/log-line.ts';
import { readAttemptLog } from '../core/log/read-attempt-log.ts';
import type { AttemptDefinition, AttemptEvent, AttemptOrder, Outcome } from '../core/model/attempt.ts';
import type { Clock } from '../core/model/clock.ts';
import { TASK_DEFAULTS, type TaskSpec } from '../core/model/dag.ts';
import { attemptId, type NodeNo, type RunNo, type RunUid, type TryNo } from '../core/model/ids.ts';
import type { Json, JsonObject } from '../core/model/json.ts';
import type { GivenValue } from '../core/model/variable.ts';
import { newRunUid } from '../core/scheduler/run-uid.ts';
import type { FoundDag } from './dag-files.ts';

const LOG_LINES_MAX = 100_000;

export interface LoneTask {
  readonly projectDir: string;
  readonly dag: FoundDag;
  readonly task: TaskSpec;
  readonly params: JsonObject;
  readonly inputs: { readonly [name: string]: Json };
  /** Keys of the fan-outs around the task, outermost first; also its items. */
  readonly keys: readonly string[];
  readonly clock: Clock;
  /** The variables and connections that the task declares, and their keys. */
  readonly given?: readonly GivenValue[];
  readonly keyOf?: (id: string) => string | null;
}

export interface LoneResult {
  readonly outcome: Outcome;
  readonly durationMs: number;
  readonly log: readonly LogLine[];
  readonly metrics: { readonly [name: string]: number };
}

/** Runs one attempt of a task in a state folder of its own, which is removed afterwards. */
export async function runLoneTask(lone: LoneTask): Promise<LoneResult> {
  const stateDir = mkdtempSync(join(tmpdir(), 'orch-test-'));
  const executor = createLocalExecutor({
    projectDir: lone.projectDir,
    stateDir,
    clock: lone.clock,
    epoch: 1,
    ...(lone.keyOf ? { keyOf: lone.keyOf } : {}),
  });
  const metrics: Record<string, number> = {};
  try {
    const ended = new Promise<Extract<AttemptEvent, { type: 'attempt.ended' }>>((resolve) => {
      executor.onEvent = (event) => {
        if (event.type === 'attempt.metric') metrics[event.name] = event.value;
        if (event.type === 'attempt.ended') resolve(event);
      };
    });
    await executor.start();
    const order = orderOf(lone);
    executor.submit(order);
    const { outcome, startedAt, at, log: range } = await ended;
    const source = { stateDir, runNo: order.runNo, attemptId: order.attemptId };
    const log =
      range === undefined ? [] : (await readAttemptLog({ ...source, range }, { limit: LOG_LINES_MAX })).lines;
    return { outcome, durationMs: at - startedAt, log, metrics };
  } finally {
    await executor.close();
    rmSync(stateDir, { recursive: true, force: true });
  }
}

function orderOf(lone: LoneTask): AttemptOrder {
  const [runNo, nodeNo, tryNo] = [1 as RunNo, 0 as NodeNo, 1 as TryNo];
  const definition = definitionOf(lone);
  const inputs = definition.inputNames.map((name) =>
    Object.hasOwn(lone.inputs, name) ? JSON.stringify(lone.inputs[name]) : undefined,
  );
  const { keys, given } = lone;
  return {
    attemptId: attemptId(runNo, nodeNo, tryNo),
    runNo,
    nodeNo,
    tryNo,
    definition,
    keys,
    items: keys,
    inputs,
    ...(given ? { given } : {}),
    spinUs: 0,
  };
}

function definitionOf({ projectDir, dag, task, params, clock }: LoneTask): AttemptDefinition {
  const { spec } = dag;
  const fanOut = task.fanOut === undefined ? undefined : spec.fanOuts?.[task.fanOut];
  const runUid = newRunUid(clock.now()) as RunUid;
  return {
    id: 1,
    runNo: 1 as RunNo,
    runUid,
    dagId: spec.id,
    taskPath: task.path,
    fanOutPath: fanOut?.path ?? null,
    action: task.action,
    inputNames: Object.keys(task.needs ?? {}),
    with: task.with ?? null,
    env: task.env ?? null,
    params,
    run: {
      id: runUid,
      dagId: spec.id,
      logicalDate: null,
      interval: null,
      trigger: 'manual',
      assets: {},
      file: null,
    },
    code: { root: projectDir, entry: dag.file },
    isolation: 'process',
    timeoutMs: task.timeoutMs ?? TASK_DEFAULTS.timeoutMs,
    killGraceMs: task.killGraceMs ?? TASK_DEFAULTS.killGraceMs,
    memoryMb: task.memoryMb ?? null,
    itemNames: itemNamesOf(spec, task.fanOut),
  };
}
