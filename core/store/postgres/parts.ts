import type { InstanceChange, RunChange } from '../../model/action.ts';
import { becauseNumber } from '../../model/because.ts';
import { TRIGGER_KINDS } from '../../model/run.ts';
import { DISPOSITIONS } from '../../model/slot.ts';
import { RUN_STATES } from '../../model/states.ts';
import { backfillRow, backfillStateNumber } from '../backfills.ts';
import { factsText } from '../journal-line.ts';
import { goneText, itemsText, priorityNumber } from '../records.ts';
import type { BackfillTable, Database } from '../tables.ts';
import { ASSET_PARTS } from './asset-parts.ts';
import { CACHE_PARTS } from './cache-parts.ts';
import type { CreatedRun, FoldedTick } from './fold.ts';
import { HOOK_PARTS } from './hook-parts.ts';
import { type Columns, insert, type Part, PLACE_KEY, part, type RowColumns } from './part.ts';
import { resultParts } from './result-parts.ts';

/** The new row of an instance, without its key. */
const instanceColumns: Columns<InstanceChange, keyof Database['task_instance']> = {
  run_no: ['int4', (row) => row.runNo],
  node_no: ['int4', (row) => row.nodeNo],
  state: ['int2', (row) => row.to],
  try_no: ['int2', (row) => row.tryNo],
  try_base: ['int2', (row) => row.tryBase],
  lost: ['int2', (row) => row.lost],
  reason: ['int2', (row) => row.reason],
  because: ['int2', (row) => row.because],
  facts: ['text', (row) => row.facts],
  queued_at: ['int8', (row) => row.queuedAt],
  started_at: ['int8', (row) => row.startedAt],
  ended_at: ['int8', (row) => row.endedAt],
  due_at: ['int8', (row) => row.dueAt],
  error: ['text', (row) => row.error],
  log_segment: ['int4', (row) => row.log?.segment ?? null],
  log_offset: ['int8', (row) => row.log?.offset ?? null],
  log_length: ['int8', (row) => row.log?.length ?? null],
};

/** Columns that an instance row and the row of a past attempt share. */
const { try_base: _base, lost: _lost, queued_at: _queued, due_at: _due, ...attemptColumns } = instanceColumns;
const attemptNames = Object.keys(attemptColumns).join(', ');
const changedNames = Object.keys(instanceColumns).filter((name) => !PLACE_KEY.includes(name));
const changes = changedNames.map((name) => `${name} = wanted.${name}`).join(', ');

type Change = FoldedTick['changes'][number];

const changeColumns = Object.fromEntries([
  ...Object.entries(instanceColumns).map(([name, [type, of]]) => [
    name,
    [type, (row: Change) => of(row.last)],
  ]),
  ['from_state', ['int2', (row: Change) => row.first.from]],
  ['from_try', ['int2', (row: Change) => row.first.fromTry]],
]) as Columns<Change>;

const runColumns: Columns<CreatedRun, keyof Database['dag_run']> = {
  run_no: ['int4', ({ run }) => run.runNo],
  uid: ['text', ({ run }) => run.uid],
  dag_id: ['text', ({ run }) => run.dagId],
  version_no: ['int4', ({ run }) => run.versionNo],
  state: ['int2', ({ run }) => RUN_STATES.indexOf(run.state)],
  trigger_kind: ['int2', ({ run }) => TRIGGER_KINDS.indexOf(run.trigger)],
  params: ['text', ({ run }) => JSON.stringify(run.params)],
  scope: ['text', ({ run }) => JSON.stringify(run.scope)],
  max_parallel: ['int4', ({ run }) => run.maxParallel],
  inputs_from: ['int4', ({ run }) => run.inputsFrom],
  logical_at: ['int8', ({ run }) => run.logicalAt],
  interval_start_at: ['int8', ({ run }) => run.intervalStartAt],
  interval_end_at: ['int8', ({ run }) => run.intervalEndAt],
  created_at: ['int8', ({ run }) => run.createdAt],
  started_at: ['int8', ({ run }) => run.startedAt],
  ended_at: ['int8', ({ run }) => run.endedAt],
  because: ['int2', ({ run }) => (run.because === null ? 0 : becauseNumber(run.because.code))],
  facts: ['text', ({ run }) => factsText(run.because)],
  backfill_no: ['int4', ({ run }) => run.backfillNo ?? null],
  cause: ['text', ({ run }) => (run.cause === undefined ? null : JSON.stringify(run.cause))],
  no_cache: ['int2', ({ run }) => (run.noCache ? 1 : 0)],
  priority: ['int2', ({ run }) => priorityNumber(run.priority)],
  task_name: ['text', ({ run }) => run.taskName ?? null],
  created_by: ['text', ({ run }) => run.createdBy ?? null],
  counts: ['text', ({ counts }) => (counts === null ? null : JSON.stringify(counts))],
};

const backfillColumns: RowColumns<BackfillTable> = {
  dag_id: ['text', (row) => row.dag_id],
  backfill_no: ['int4', (row) => row.backfill_no],
  first_at: ['int8', (row) => row.first_at],
  last_at: ['int8', (row) => row.last_at],
  which: ['int2', (row) => row.which],
  reverse: ['int2', (row) => row.reverse],
  scope: ['text', (row) => row.scope],
  max_active_runs: ['int4', (row) => row.max_active_runs],
  state: ['int2', (row) => row.state],
  cursor_at: ['int8', (row) => row.cursor_at],
  slots: ['int4', (row) => row.slots],
  decided: ['int4', (row) => row.decided],
  spared: ['int4', (row) => row.spared],
  created_at: ['int8', (row) => row.created_at],
  created_by: ['text', (row) => row.created_by],
  ended_at: ['int8', (row) => row.ended_at],
  params: ['text', (row) => row.params],
};

const flag = (value: unknown): number => (value === undefined ? 0 : 1);

const runChangeColumns: Columns<RunChange> = {
  run_no: ['int4', (row) => row.runNo],
  from_state: ['int2', (row) => RUN_STATES.indexOf(row.from)],
  state: ['int2', (row) => RUN_STATES.indexOf(row.to)],
  because: ['int2', (row) => becauseNumber(row.code)],
  facts: ['text', (row) => (row.facts === null ? null : JSON.stringify(row.facts))],
  set_started: ['int2', (row) => flag(row.startedAt)],
  started_at: ['int8', (row) => row.startedAt ?? null],
  set_ended: ['int2', (row) => flag(row.endedAt)],
  ended_at: ['int8', (row) => row.endedAt ?? null],
  counts: ['text', (row) => (row.counts === undefined ? null : JSON.stringify(row.counts))],
  set_parallel: ['int2', (row) => flag(row.maxParallel)],
  max_parallel: ['int4', (row) => row.maxParallel ?? null],
  from_version: ['int4', (row) => row.repin?.from ?? null],
  version_no: ['int4', (row) => row.repin?.to ?? null],
  params: ['text', (row) => (row.repin === undefined ? null : JSON.stringify(row.repin.params))],
  backfill_no: ['int4', (row) => row.backfillNo ?? null],
  priority: ['int2', (row) => priorityNumber(row.priority)],
};

const runParts: readonly Part[] = [
  part({
    name: 'new_run',
    rows: (tick) => tick.runs,
    columns: runColumns,
    sql: (given, columns) => insert('dag_run', columns, given, 'run_no'),
    missed: { as: 'run', key: ['run_no'] },
  }),
  part({
    name: 'changed_run',
    rows: (tick) => tick.runChanges,
    columns: runChangeColumns,
    sql: (
      given,
    ) => `update dag_run as stored set state = wanted.state, because = wanted.because, facts = wanted.facts,
      started_at = case wanted.set_started when 1 then wanted.started_at else stored.started_at end,
      ended_at = case wanted.set_ended when 1 then wanted.ended_at else stored.ended_at end,
      counts = coalesce(wanted.counts, stored.counts),
      max_parallel = case wanted.set_parallel when 1 then wanted.max_parallel else stored.max_parallel end,
      version_no = coalesce(wanted.version_no, stored.version_no),
      params = coalesce(wanted.params, stored.params),
      backfill_no = coalesce(wanted.backfill_no, stored.backfill_no),
      priority = coalesce(wanted.priority, stored.priority)
      from ${given} as wanted, fence where stored.run_no = wanted.run_no and stored.state = wanted.from_state
      and stored.version_no = coalesce(wanted.from_version, stored.version_no)
      returning stored.run_no`,
    missed: { as: 'run', key: ['run_no'] },
  }),
  part({
    name: 'new_expansion',
    rows: (tick) => tick.expansions,
    columns: {
      run_no: ['int4', (row) => row.runNo],
      base: ['int4', (row) => row.base],
      fan_out: ['int4', (row) => row.fanOut],
      parent_base: ['int4', (row) => row.parentBase],
      keys: ['text', (row) => JSON.stringify(row.keys)],
      items: ['text', itemsText],
      gone: ['text', goneText],
    },
    sql: (given, columns) => insert('run_expansion', columns, given, 'run_no, base'),
    missed: { as: 'run', key: ['run_no', 'base'] },
  }),
  part({
    name: 'changed_expansion',
    rows: (tick) => tick.reexpansions,
    columns: {
      run_no: ['int4', (row) => row.runNo],
      base: ['int4', (row) => row.base],
      items: ['text', itemsText],
      gone: ['text', goneText],
    },
    sql: (given) => `update run_expansion as stored set items = wanted.items, gone = wanted.gone
      from ${given} as wanted, fence where stored.run_no = wanted.run_no and stored.base = wanted.base
      returning stored.run_no, stored.base`,
    missed: { as: 'run', key: ['run_no', 'base'] },
  }),
];

const instanceParts: readonly Part[] = [
  part({
    name: 'new_instance',
    rows: (tick) => tick.fresh,
    columns: instanceColumns,
    sql: (given, columns) => insert('task_instance', columns, given, 'run_no, node_no'),
    missed: { as: 'run', key: PLACE_KEY },
  }),
  part({
    name: 'changed_instance',
    rows: (tick) => tick.changes,
    columns: changeColumns,
    sql: (given) => `update task_instance as stored set ${changes}
      from ${given} as wanted, fence where stored.run_no = wanted.run_no and stored.node_no = wanted.node_no
      and stored.state = wanted.from_state and stored.try_no = wanted.from_try
      returning stored.run_no, stored.node_no`,
    missed: { as: 'run', key: PLACE_KEY },
  }),
  part({
    name: 'stored_attempt',
    rows: (tick) => tick.keep,
    columns: {
      run_no: ['int4', (row) => row.runNo],
      node_no: ['int4', (row) => row.nodeNo],
      from_try: ['int2', (row) => row.fromTry],
    },
    sql: (given) => `insert into task_attempt (${attemptNames})
      select ${attemptNames.replaceAll(/\w+/g, 'stored.$&')}
      from ${given} as past, fence, task_instance as stored
      where stored.run_no = past.run_no and stored.node_no = past.node_no and stored.try_no = past.from_try
      on conflict do nothing`,
  }),
  part({
    name: 'passing_attempt',
    rows: (tick) => tick.attempts,
    columns: attemptColumns,
    sql: (given, columns) => insert('task_attempt', columns, given, 'run_no'),
  }),
];

const otherParts: readonly Part[] = [
  part({
    name: 'changed_dag',
    rows: (tick) => tick.dags,
    columns: {
      dag_id: ['text', (row) => row.dagId],
      from_cursor: ['int8', (row) => row.fromCursorAt],
      paused: ['int2', ({ state }) => (state.paused ? 1 : 0)],
      present: ['int2', ({ state }) => (state.present ? 1 : 0)],
      since_at: ['int8', ({ state }) => state.sinceAt],
      cursor_at: ['int8', ({ state }) => state.cursorAt],
      version_no: ['int4', (row) => row.versionNo ?? null],
    },
    sql: (given) => `update dag as stored set paused = wanted.paused, present = wanted.present,
        since_at = wanted.since_at, cursor_at = wanted.cursor_at,
        decided_no = coalesce(wanted.version_no, stored.decided_no)
      from ${given} as wanted, fence
      where stored.dag_id = wanted.dag_id and stored.cursor_at is not distinct from wanted.from_cursor
      returning stored.dag_id`,
    missed: { as: 'dag', key: ['dag_id'] },
  }),
  part({
    name: 'new_span',
    rows: (tick) => tick.spans,
    columns: {
      dag_id: ['text', (row) => row.dagId],
      first_at: ['int8', (row) => row.firstAt],
      last_at: ['int8', (row) => row.lastAt],
      disposition: ['int2', (row) => DISPOSITIONS.indexOf(row.disposition)],
      run_no: ['int4', (row) => row.runNo],
      decided_at: ['int8', (row) => row.decidedAt],
      because: ['int2', (row) => becauseNumber(row.because.code)],
      facts: ['text', (row) => factsText(row.because)],
    },
    sql: (given, columns) => `insert into slot_span (${columns})
      select ${columns.replaceAll(/\w+/g, 'wanted.$&')} from ${given} as wanted, fence, dag as stored
      where stored.dag_id = wanted.dag_id and (stored.cursor_at is null or stored.cursor_at < wanted.first_at)
      on conflict do nothing returning dag_id, first_at`,
    missed: { as: 'dag', key: ['dag_id', 'first_at'] },
  }),
  part({
    name: 'new_backfill',
    rows: (tick) => tick.backfills.map(backfillRow),
    columns: backfillColumns,
    sql: (given, columns) => insert('backfill', columns, given, 'dag_id, backfill_no'),
    missed: { as: 'dag', key: ['dag_id', 'backfill_no'] },
  }),
  part({
    name: 'changed_backfill',
    rows: (tick) => tick.backfillChanges,
    columns: {
      dag_id: ['text', ({ backfill }) => backfill.dagId],
      backfill_no: ['int4', ({ backfill }) => backfill.backfillNo],
      from_state: ['int2', ({ from }) => backfillStateNumber(from.state)],
      from_cursor: ['int8', ({ from }) => from.cursorAt],
      state: ['int2', ({ backfill }) => backfillStateNumber(backfill.state)],
      cursor_at: ['int8', ({ backfill }) => backfill.cursorAt],
      decided: ['int4', ({ backfill }) => backfill.decided],
      spared: ['int4', ({ backfill }) => backfill.spared],
      ended_at: ['int8', ({ backfill }) => backfill.endedAt],
    },
    sql: (given) => `update backfill as stored set state = wanted.state, cursor_at = wanted.cursor_at,
        decided = wanted.decided, spared = wanted.spared, ended_at = wanted.ended_at
      from ${given} as wanted, fence
      where stored.backfill_no = wanted.backfill_no and stored.state = wanted.from_state
        and stored.cursor_at is not distinct from wanted.from_cursor
      returning stored.dag_id, stored.backfill_no`,
    missed: { as: 'dag', key: ['dag_id', 'backfill_no'] },
  }),
  part({
    name: 'answered',
    rows: (tick) => tick.answers,
    columns: {
      inbox_id: ['int4', (row) => row.inboxId],
      answer: ['text', (row) => JSON.stringify(row.answer)],
    },
    sql: (given) => `update inbox as stored set answer = wanted.answer, answered_at = $2
      from ${given} as wanted, fence where stored.inbox_id = wanted.inbox_id and stored.answer is null
      returning stored.inbox_id`,
    missed: { as: 'request', key: ['inbox_id'] },
  }),
  part({
    name: 'new_line',
    rows: (tick) => tick.lines,
    columns: {
      run_no: ['int4', (row) => row.runNo],
      node_no: ['int4', (row) => row.nodeNo],
      try_no: ['int2', (row) => row.tryNo],
      from_state: ['int2', (row) => row.from],
      to_state: ['int2', (row) => row.to],
      because: ['int2', (row) => row.because],
      facts: ['text', (row) => row.facts],
    },
    sql: (given, columns) => `insert into journal (seq, at, epoch, ${columns})
      select $3 + ${given}.ordinality, $2, $5, ${columns} from ${given}, fence order by ${given}.ordinality`,
  }),
];

/** Every kind of change that a tick can make. */
export const PARTS: readonly Part[] = [
  ...runParts,
  ...instanceParts,
  ...resultParts,
  ...ASSET_PARTS,
  ...CACHE_PARTS,
  ...HOOK_PARTS,
  ...otherParts,
];
