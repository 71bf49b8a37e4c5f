import type { StoredOutput } from '../model/action.ts';
import type { RunCause } from '../model/asset.ts';
import type { LogRange, TaskError } from '../model/attempt.ts';
import { BECAUSE_CODES, type Because, because, type Facts } from '../model/because.ts';
import { type DagSpec, PRIORITY_LEVELS, type PriorityLevel } from '../model/dag.ts';
import type { NodeNo, RunNo, RunUid, TryNo, VersionNo } from '../model/ids.ts';
import type { JsonText } from '../model/json.ts';
import type { AttemptRecord, ExpansionRecord, InstanceRecord, RunRecord } from '../model/run.ts';
import { TRIGGER_KINDS } from '../model/run.ts';
import { DISPOSITIONS, type SlotSpan } from '../model/slot.ts';
import { REASONS, type Reason, RUN_STATES, TASK_STATES } from '../model/states.ts';
import type { BrokenFileRecord, VersionRecord } from './store.ts';
import { isStopgap, readText } from './stored-text.ts';
import type {
  BrokenFileTable,
  DagRunTable,
  DagVersionTable,
  RunExpansionTable,
  SlotSpanTable,
  TaskAttemptTable,
  TaskInstanceTable,
  TaskOutputTable,
} from './tables.ts';

/** The entry of a list of names under a stored code. */
export function named<Name extends string>(names: readonly Name[], code: number): Name {
  const name = names[code];
  if (name === undefined) throw new RangeError(`stored code ${code} has no name`);
  return name;
}

/** The code of a priority; `null` where there is none. */
export function priorityNumber(priority: PriorityLevel | undefined): number | null {
  return priority === undefined ? null : PRIORITY_LEVELS.indexOf(priority);
}

/** A stored reason with its sentence; `null` where none was stored. */
export function becauseOf(code: number, facts: JsonText | null): Because | null {
  if (code === 0 && facts === null) return null;
  return because(named(BECAUSE_CODES, code), readText<Facts>('journal.facts', facts) ?? {});
}

/** The name of a stored reason; `null` for none. */
export function reasonOf(code: number): Reason | null {
  return code === 0 ? null : named(REASONS, code - 1);
}

function logOf(row: TaskAttemptTable): LogRange | null {
  if (row.log_segment === null || row.log_offset === null) return null;
  return { segment: row.log_segment, offset: row.log_offset, length: row.log_length };
}

function errorOf(row: TaskAttemptTable): TaskError | null {
  return readText<TaskError>('task_instance.error', row.error);
}

export function toRun(row: Omit<DagRunTable, 'counts'>): RunRecord {
  return {
    runNo: row.run_no as RunNo,
    uid: row.uid as RunUid,
    dagId: row.dag_id,
    versionNo: row.version_no as VersionNo,
    state: named(RUN_STATES, row.state),
    trigger: named(TRIGGER_KINDS, row.trigger_kind),
    params: readText('dag_run.params', row.params),
    scope: readText('dag_run.scope', row.scope),
    maxParallel: row.max_parallel,
    inputsFrom: row.inputs_from as RunNo | null,
    ...(row.backfill_no === null ? {} : { backfillNo: row.backfill_no }),
    ...(row.no_cache === 0 ? {} : { noCache: true }),
    ...(row.priority === null ? {} : { priority: named(PRIORITY_LEVELS, row.priority) }),
    ...(row.task_name === null ? {} : { taskName: row.task_name }),
    ...(row.created_by === null ? {} : { createdBy: row.created_by }),
    ...(row.cause === null ? {} : { cause: readText<RunCause>('dag_run.cause', row.cause) }),
    logicalAt: row.logical_at,
    intervalStartAt: row.interval_start_at,
    intervalEndAt: row.interval_end_at,
    createdAt: row.created_at,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    because: becauseOf(row.because, row.facts),
  };
}

export function toSpan(row: SlotSpanTable): SlotSpan {
  return {
    dagId: row.dag_id,
    firstAt: row.first_at,
    lastAt: row.last_at,
    disposition: named(DISPOSITIONS, row.disposition),
    runNo: row.run_no as RunNo | null,
    decidedAt: row.decided_at,
    because: becauseOf(row.because, row.facts) ?? because('none'),
  };
}

export function toBrokenFile(row: BrokenFileTable): BrokenFileRecord {
  return { file: row.file, at: row.at, diagnostics: readText('broken_file.diagnostics', row.diagnostics) };
}

/** The graph of a version; of one that cannot be read it is that of its DAG without tasks. */
export function specOf(dagId: string, text: JsonText): DagSpec {
  const spec = readText<DagSpec>('dag_version.spec', text);
  if (isStopgap(spec)) Object.assign(spec, { id: dagId });
  return spec;
}

export function toVersion(row: DagVersionTable): VersionRecord {
  return {
    versionNo: row.version_no as VersionNo,
    dagId: row.dag_id,
    graphHash: row.graph_hash,
    codeHash: row.code_hash,
    file: row.file,
    spec: specOf(row.dag_id, row.spec),
    createdAt: row.created_at,
  };
}

/** The items of an expansion as stored. */
export function itemsText(expansion: ExpansionRecord): string | null {
  return expansion.items === null ? null : JSON.stringify(expansion.items);
}

/** The gone keys of an expansion as stored: mostly none. */
export function goneText(expansion: ExpansionRecord): string | null {
  return expansion.gone.length === 0 ? null : JSON.stringify(expansion.gone);
}

export function toExpansion(row: RunExpansionTable): ExpansionRecord {
  return {
    runNo: row.run_no as RunNo,
    base: row.base as NodeNo,
    fanOut: row.fan_out,
    parentBase: row.parent_base as NodeNo,
    keys: readText('run_expansion.keys', row.keys),
    items: readText('run_expansion.items', row.items),
    gone: readText<ExpansionRecord['gone']>('run_expansion.gone', row.gone) ?? [],
  };
}

export function toInstance(row: TaskInstanceTable): InstanceRecord {
  return {
    runNo: row.run_no as RunNo,
    nodeNo: row.node_no as NodeNo,
    state: named(TASK_STATES, row.state),
    tryNo: row.try_no as TryNo,
    tryBase: row.try_base,
    lost: row.lost,
    reason: reasonOf(row.reason),
    because: becauseOf(row.because, row.facts),
    queuedAt: row.queued_at,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    dueAt: row.due_at,
    error: errorOf(row),
    log: logOf(row),
  };
}

export function toAttempt(row: TaskAttemptTable): AttemptRecord {
  return {
    tryNo: row.try_no as TryNo,
    state: named(TASK_STATES, row.state),
    reason: reasonOf(row.reason),
    startedAt: row.started_at,
    endedAt: row.ended_at,
    error: errorOf(row),
    log: logOf(row),
    because: becauseOf(row.because, row.facts),
  };
}

export function toOutput(row: Pick<TaskOutputTable, 'json' | 'sha256' | 'bytes'>): StoredOutput {
  if (row.json !== null) return { json: row.json };
  return { sha256: row.sha256 ?? '', bytes: row.bytes ?? 0 };
}

/** The row of an instance that carries nothing any more. */
export const NO_WAIT = { sinceAt: null, calls: 0, iterations: 0, state: null } as const;
