import type { Generated } from 'kysely';
import type { JsonText } from '../model/json.ts';
import type { AccountTables } from './account-tables.ts';
import type { AlertTables } from './alert-tables.ts';
import type { OperationTables } from './operation-tables.ts';

/** The rows of the store as SQL sees them: text and numbers only; instants are epoch milliseconds. */
export interface Database extends AccountTables, AlertTables, OperationTables {
  readonly variable: SealedTable;
  readonly connection: SealedTable;
  readonly dag: DagTable;
  readonly dag_version: DagVersionTable;
  readonly slot_span: SlotSpanTable;
  readonly broken_file: BrokenFileTable;
  readonly dag_run: DagRunTable;
  readonly backfill: BackfillTable;
  readonly asset: AssetTable;
  readonly asset_event: AssetEventTable;
  readonly asset_cursor: AssetCursorTable;
  readonly file_arrival: FileArrivalTable;
  readonly run_expansion: RunExpansionTable;
  readonly task_instance: TaskInstanceTable;
  readonly task_attempt: TaskAttemptTable;
  readonly task_output: TaskOutputTable;
  readonly task_metric: TaskMetricTable;
  readonly artifact: ArtifactTable;
  readonly task_progress: TaskProgressTable;
  readonly task_wait: TaskWaitTable;
  readonly task_checkpoint: TaskCheckpointTable;
  readonly cache_entry: CacheEntryTable;
  readonly task_cache: TaskCacheTable;
  readonly dag_pin: DagPinTable;
  readonly hook_job: HookJobTable;
  readonly run_deadline: RunDeadlineTable;
  readonly journal: JournalTable;
  readonly inbox: InboxTable;
  readonly lease: LeaseTable;
  readonly schema_migration: SchemaMigrationTable;
}

/** A variable or connection; nothing in a row but its name and kind can be read without a key. */
export interface SealedTable {
  name: string;
  kind: string;
  /** Which key the value is encrypted with. */
  key_id: string;
  /** Nonce, ciphertext and tag, base64. */
  sealed: string;
  /** Another text for each change of the value. */
  revision: string;
  changed_at: number;
  changed_by: string;
}

export interface DagTable {
  dag_id: string;
  /** 0 or 1. */
  paused: number;
  file: string;
  version_no: number;
  /** 0 or 1: whether a file declares it. */
  present: number;
  since_at: number | null;
  cursor_at: number | null;
  decided_no: number | null;
}

/** What became of slots; spans of one DAG never overlap. */
export interface SlotSpanTable {
  dag_id: string;
  first_at: number;
  last_at: number;
  /** Position in `DISPOSITIONS`. */
  disposition: number;
  run_no: number | null;
  decided_at: number;
  because: number;
  facts: JsonText | null;
}

/** A DAG file that cannot be loaded now. */
export interface BrokenFileTable {
  file: string;
  /** When it was found to be broken in this way. */
  at: number;
  diagnostics: JsonText;
}

export interface DagVersionTable {
  version_no: number;
  dag_id: string;
  graph_hash: string;
  code_hash: string;
  file: string;
  spec: JsonText;
  created_at: number;
}

export interface DagRunTable {
  run_no: number;
  uid: string;
  dag_id: string;
  version_no: number;
  /** Position in `RUN_STATES`. */
  state: number;
  /** Position in `TRIGGER_KINDS`. */
  trigger_kind: number;
  params: JsonText;
  scope: JsonText;
  max_parallel: number | null;
  inputs_from: number | null;
  backfill_no: number | null;
  logical_at: number | null;
  interval_start_at: number | null;
  interval_end_at: number | null;
  created_at: number;
  started_at: number | null;
  ended_at: number | null;
  /** `becauseNumber` of the code; 0 with absent facts is no reason at all. */
  because: number;
  facts: JsonText | null;
  counts: JsonText | null;
  /** A `RunCause`. */
  cause: JsonText | null;
  /** 0 or 1: nothing of it is taken from the cache. */
  no_cache: number;
  /** Position in `PRIORITY_LEVELS`. */
  priority: number | null;
  task_name: string | null;
  created_by: string | null;
}

export interface AssetTable {
  uri: string;
  first_at: number;
  /** Number of its last event. */
  last_no: number;
  events: number;
}

/** An event of an asset: of an attempt, or of a request. */
export interface AssetEventTable {
  event_no: number;
  uri: string;
  at: number;
  run_no: number | null;
  node_no: number | null;
  try_no: number | null;
  run_uid: string | null;
  dag_id: string | null;
  task: string | null;
  reported_by: string | null;
  request_no: number | null;
  extra: JsonText | null;
}

/** Up to which number a DAG has decided about events; absent: none. */
export interface AssetCursorTable {
  dag_id: string;
  event_no: number;
}

/** The last arrival of a file that was decided for a DAG. */
export interface FileArrivalTable {
  dag_id: string;
  path: string;
  bytes: number;
  modified_at: number;
  decided_at: number;
  run_no: number | null;
}

export interface BackfillTable {
  backfill_no: number;
  dag_id: string;
  first_at: number;
  last_at: number;
  /** Position in `BACKFILL_WHICH`. */
  which: number;
  /** 0 or 1: newest slot first. */
  reverse: number;
  scope: JsonText;
  max_active_runs: number;
  /** Position in `BACKFILL_STATES`. */
  state: number;
  cursor_at: number | null;
  slots: number;
  decided: number;
  spared: number;
  created_at: number;
  created_by: string;
  ended_at: number | null;
  /** As they were given. */
  params: JsonText;
}

export interface RunExpansionTable {
  run_no: number;
  base: number;
  fan_out: number;
  parent_base: number;
  keys: JsonText;
  items: JsonText | null;
  gone: JsonText | null;
}

/** What an instance row and the row of a past attempt have in common. */
export interface TaskAttemptTable {
  run_no: number;
  node_no: number;
  /** Position in `TASK_STATES`. */
  state: number;
  try_no: number;
  /** Position in `REASONS` + 1, 0 for none. */
  reason: number;
  because: number;
  log_segment: number | null;
  started_at: number | null;
  ended_at: number | null;
  log_offset: number | null;
  log_length: number | null;
  facts: JsonText | null;
  error: JsonText | null;
}

export interface TaskInstanceTable extends TaskAttemptTable {
  try_base: number;
  lost: number;
  queued_at: number | null;
  due_at: number | null;
}

interface OfAttempt {
  run_no: number;
  node_no: number;
  try_no: number;
}

export interface TaskOutputTable extends OfAttempt {
  /** The value, or `null` if it is a file. */
  json: JsonText | null;
  sha256: string | null;
  bytes: number | null;
}

export interface TaskMetricTable extends OfAttempt {
  name: string;
  value: number;
  at: number;
}

export interface ArtifactTable extends OfAttempt {
  name: string;
  bytes: number;
  media_type: string;
  sha256: string;
}

export interface TaskProgressTable {
  run_no: number;
  node_no: number;
  done: number;
  total: number;
  step: string | null;
}

/** What an instance that was put off carries; without `since_at` nothing any more. */
export interface TaskWaitTable {
  run_no: number;
  node_no: number;
  since_at: number | null;
  calls: number;
  iterations: number;
  state: string | null;
}

/** From where the next attempt of an instance goes on; without `state` nothing any more. */
export interface TaskCheckpointTable extends OfAttempt {
  at: number;
  state: JsonText | null;
}

/** A success that stands for later ones with the same key. */
export interface CacheEntryTable {
  key: string;
  dag_id: string;
  instance: string;
  run_uid: string;
  at: number;
  expires_at: number | null;
  json: JsonText | null;
  sha256: string | null;
  bytes: number | null;
  artifacts: JsonText | null;
  parts: JsonText;
}

/** What was asked of the cache for an instance; without `version_no` nothing any more. */
export interface TaskCacheTable {
  run_no: number;
  node_no: number;
  version_no: number | null;
  key: string | null;
  parts: JsonText | null;
  because: number;
  facts: JsonText | null;
}

/** A DAG whose new runs have another version than `declared_no`, which its file declares. */
export interface DagPinTable {
  dag_id: string;
  version_no: number;
  declared_no: number;
  /** 0 or 1: it stays when the file declares something else. */
  held: number;
  at: number;
  pinned_by: string;
}

/** A hook that is due or was run. */
export interface HookJobTable {
  run_no: number;
  hook_no: number;
  node_no: number | null;
  /** Position in `HOOKS`. */
  hook: number;
  position: number;
  /** A `HookEvent`. */
  event: JsonText;
  /** Position in `HOOK_STATES`. */
  state: number;
  tries: number;
  created_at: number;
  due_at: number;
  started_at: number | null;
  ended_at: number | null;
  error: JsonText | null;
  log_segment: number | null;
  log_offset: number | null;
  log_length: number | null;
}

/** What was told of the deadline of a run. */
export interface RunDeadlineTable {
  run_no: number;
  /** Position in `DEADLINE_STAGES`. */
  stage: number;
  at: number;
}

export interface JournalTable {
  seq: number;
  at: number;
  epoch: number;
  run_no: number | null;
  node_no: number | null;
  try_no: number | null;
  /** A task state, or a run state when `node_no` is null; -1 for none. */
  from_state: number;
  to_state: number;
  because: number;
  facts: JsonText | null;
}

export interface InboxTable {
  inbox_id: Generated<number>;
  /** The `runUid` of a trigger: asking twice gives one row. */
  trigger_uid: string | null;
  request: JsonText;
  created_at: number;
  answer: JsonText | null;
  answered_at: number | null;
}

/** One row: who may decide, and the numbers that must never be given twice. */
export interface LeaseTable {
  id: number;
  epoch: number;
  schema_no: number;
  /** The greatest tick number that was committed. */
  tick: number;
  /** Grows with every try to commit; a try that was given up is shut out by it. */
  seal: number;
  /** The greatest journal number so far. */
  seq: number;
  /** The greatest run number so far. */
  run_no: number;
  /** A `LeaderRecord` without its epoch as JSON; `null` after a release. */
  holder: JsonText | null;
  /** PostgreSQL only: when the lease ends, in the time of the database. */
  expires_at: number;
  /** PostgreSQL only: when its holder last said that it gets on, in the time of the database. */
  progress_at: Generated<number>;
}

export interface SchemaMigrationTable {
  number: number;
  name: string;
  applied_at: number;
}
