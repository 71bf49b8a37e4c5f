import { S } from '../../../core/model/states.ts';
import type { Rule } from '../../../core/model/violation.ts';
import type { StorePlace } from './databases.ts';
import {
  create,
  dagChange,
  Leader,
  nodeNo,
  queued,
  runNo,
  succeeded,
  T0,
  tryNo,
  versionOf,
} from './fixture.ts';

/** When the slots of the DAG were due. */
export const slotAt = (no: number): number => T0 + no * 3_600_000;

/** What is made wrong in a sound store, and what a repair does about it. */
export interface Damage {
  readonly name: string;
  readonly sql: string;
  /** Broken rules, and by how many rows. */
  readonly broken: { readonly [rule in Rule]?: number };
  /** What the journal says of each step; empty where nothing is repaired. */
  readonly told: readonly string[];
}

/**
 * A store that leads, with three runs: 1 has two tasks in the queue, 2 is a success with an output, 3 is the
 * run of the last of two slots; and with a second DAG.
 */
export async function fillStore(place: Pick<StorePlace, 'open'>): Promise<Leader> {
  const leader = await Leader.of(await place.open());
  await leader.store.saveVersion(leader.lease, versionOf('other'));
  const starts = (no: number) =>
    ({
      type: 'run.change',
      runNo: runNo(no),
      from: 'queued',
      to: 'running',
      code: 'started',
      facts: null,
    }) as const;
  await leader.tick(create(1), create(2), starts(1), starts(2), queued(1, 0), queued(1, 1), queued(2, 0));
  await leader.tick(
    { type: 'output', runNo: runNo(2), nodeNo: nodeNo(0), tryNo: tryNo(1), output: { json: '1' } },
    succeeded(2, 0),
    {
      ...starts(2),
      from: 'running',
      to: 'success',
      code: 'leaves_succeeded',
      endedAt: T0 + 9,
      counts: { success: 1 },
    },
  );
  const because = { code: 'none', text: '' } as const;
  const span = { dagId: 'prices', decidedAt: T0, because };
  await leader.tick(
    create(3, { trigger: 'schedule', logicalAt: slotAt(4) }),
    {
      type: 'slots',
      span: { ...span, firstAt: slotAt(0), lastAt: slotAt(2), disposition: 'skipped', runNo: null },
    },
    {
      type: 'slots',
      span: { ...span, firstAt: slotAt(4), lastAt: slotAt(4), disposition: 'run', runNo: runNo(3) },
    },
    dagChange({ cursorAt: slotAt(4) }),
  );
  return leader;
}

const instant = (no: number): string => new Date(slotAt(no)).toISOString();
const SAID_BEFORE = 'removed, because an earlier span says the same of them';
/** A run that ended, as its journal says too, while its two tasks are still in the queue. */
const ENDED = `update dag_run set state = 5, ended_at = ${T0 + 50}, counts = '{"queued":2}' where run_no = 1;
  update lease set seq = seq + 1;
  insert into journal (seq, at, epoch, run_no, from_state, to_state, because)
  select seq, ${T0}, epoch, 1, 1, 5, 1 from lease`;
const attempt = (node: number, no: number): string =>
  `insert into task_attempt (run_no, node_no, state, try_no, reason, because)
   values (1, ${node}, 8, ${no}, 1, 1)`;

/** Damage that can be repaired. */
export const REPAIRED: readonly Damage[] = [
  {
    name: 'last numbers that are too small',
    sql: 'update lease set run_no = 1, seq = 2',
    broken: { counter_behind: 2 },
    told: [
      'number of the last journal line raised from 2 to 10',
      'number of the last run raised from 1 to 3',
    ],
  },
  {
    name: 'texts that cannot be read, and tell of something only',
    sql: `update task_instance set error = '{"name":' where run_no = 2; update slot_span set facts = '[]'
      where disposition = 2; insert into cache_entry (key, dag_id, instance, run_uid, at, parts)
      values ('k', 'prices', 'a', 'u', 1, ''); insert into account
      (name, grants, disabled, created_at, created_by) values ('ann', 'all', 0, 1, 'x')`,
    broken: { unreadable_text: 4 },
    told: [
      'grants of account (name ann) emptied, because it cannot be read',
      'parts of cache_entry (key k) removed with its row, because it cannot be read',
      `facts of slot_span (dag_id prices, first_at ${slotAt(0)}) emptied, because it cannot be read`,
      'error of task_instance (run_no 2, node_no 0) emptied, because it cannot be read',
    ],
  },
  {
    name: 'a task instance of no run, with all that it has',
    sql: `update task_instance set run_no = 8 where run_no = 1 and node_no = 1;
      update task_output set run_no = 8, node_no = 1 where run_no = 2`,
    broken: { orphaned_instance: 1 },
    told: ['task instance 8.1 removed, because its run is gone'],
  },
  {
    name: 'past attempts of no task instance',
    sql: `${attempt(9, 1)}; ${attempt(9, 2)}`,
    broken: { orphaned_attempt: 2 },
    told: [
      'attempt 1.9.1 removed, because its task instance is gone',
      'attempt 1.9.2 removed, because its task instance is gone',
    ],
  },
  {
    name: 'an output of a run that is gone',
    sql: 'update task_output set run_no = 7',
    broken: { orphaned_output: 1 },
    told: ['output 7.0.1 removed, because its task instance is gone'],
  },
  {
    name: 'a task instance whose journal is behind',
    sql: `update task_instance set state = ${S.running}, try_no = 2 where run_no = 1 and node_no = 0`,
    broken: { instance_unlike_journal: 1 },
    told: ['running in attempt 2 added to the journal, which said queued'],
  },
  {
    name: 'a task instance with another attempt than its journal',
    sql: 'update task_instance set try_no = 2 where run_no = 1 and node_no = 0',
    broken: { instance_unlike_journal: 1 },
    told: Array<string>(2).fill('queued in attempt 2 added to the journal, which said queued'),
  },
  {
    name: 'a run whose journal is behind',
    sql: `update dag_run set state = 4, ended_at = ${T0} where run_no = 3`,
    broken: { run_unlike_journal: 1 },
    told: ['failed added to the journal, which said queued'],
  },
  {
    name: 'a finished run that is under way again',
    sql: 'update dag_run set state = 1, ended_at = null where run_no = 2',
    broken: { run_unlike_journal: 1 },
    told: ['running added to the journal, which said success'],
  },
  {
    name: 'unfinished task instances of a finished run',
    sql: ENDED,
    broken: { unfinished_instance: 2 },
    told: Array<string>(2).fill('cancelled, because it was queued although its run was over'),
  },
  {
    name: 'a task instance of a finished run that goes on, past its journal',
    sql: `update task_instance set state = ${S.up_for_retry}, due_at = 1, ended_at = null where run_no = 2`,
    broken: { instance_unlike_journal: 1, unfinished_instance: 1 },
    told: [
      ...Array<string>(3).fill('up_for_retry in attempt 1 added to the journal, which said success'),
      'cancelled, because it was up_for_retry although its run was over',
    ],
  },
  {
    name: 'slots that an earlier span says the same of',
    sql: `insert into slot_span (dag_id, first_at, last_at, disposition, decided_at, because)
      values ('prices', ${slotAt(1) - 1}, ${slotAt(1)}, 2, 1, 0),
      ('prices', ${slotAt(2)}, ${slotAt(2)}, 2, 1, 0)`,
    broken: { overlapping_slots: 2 },
    told: [
      `slots of prices from ${new Date(slotAt(1) - 1).toISOString()} to ${instant(1)} ${SAID_BEFORE}`,
      `slots of prices from ${instant(2)} to ${instant(2)} ${SAID_BEFORE}`,
    ],
  },
  {
    name: 'a cursor before slots that are decided',
    sql: `update dag set cursor_at = ${slotAt(1)} where dag_id = 'prices'`,
    broken: { slot_after_cursor: 2 },
    told: [`cursor of prices moved from ${instant(1)} to ${instant(4)}, its last slot`],
  },
  {
    name: 'decided slots of a DAG without a cursor',
    sql: "update dag set cursor_at = null where dag_id = 'prices'",
    broken: { slot_after_cursor: 2 },
    told: [`cursor of prices moved from nowhere to ${instant(4)}, its last slot`],
  },
];

/** Damage that is told and left as it is. */
export const LEFT: readonly Damage[] = [
  {
    name: 'texts that cannot be read, and say what is to be done',
    sql: `update dag_run set params = '{"a":', scope = '[]' where run_no = 1;
      update task_output set json = ''; update dag_version set spec = 'null' where dag_id = 'other'`,
    broken: { unreadable_text: 4 },
    told: [],
  },
  {
    name: 'slots that an earlier span says the same of, but for the last',
    sql: `insert into slot_span (dag_id, first_at, last_at, disposition, decided_at, because)
      values ('prices', ${slotAt(1)}, ${slotAt(3)}, 2, 1, 0)`,
    broken: { overlapping_slots: 1 },
    told: [],
  },
  {
    name: 'a past attempt that its task instance has not come to',
    sql: attempt(0, 2),
    broken: { orphaned_attempt: 1 },
    told: [],
  },
  {
    name: 'an output of an attempt that its task instance has not come to',
    sql: 'update task_output set try_no = 2',
    broken: { orphaned_output: 1 },
    told: [],
  },
  {
    name: 'a task instance behind its journal',
    sql: 'update journal set try_no = 2 where run_no = 1 and node_no = 1',
    broken: { instance_unlike_journal: 1 },
    told: [],
  },
  {
    name: 'an unfinished task instance behind its journal',
    sql: `${ENDED}; update journal set try_no = 2 where run_no = 1 and node_no is not null`,
    broken: { instance_unlike_journal: 2, unfinished_instance: 2 },
    told: [],
  },
  {
    name: 'slots with two fates',
    sql: `update slot_span set last_at = ${slotAt(4)} where disposition = 2`,
    broken: { overlapping_slots: 1 },
    told: [],
  },
  {
    name: 'a slot with a run of another DAG',
    sql: "update dag_run set dag_id = 'other', version_no = 2 where run_no = 3",
    broken: { slot_of_other_dag: 1 },
    told: [],
  },
  {
    name: 'a slot with a run of another slot',
    sql: `update dag_run set logical_at = ${slotAt(3)} where run_no = 3`,
    broken: { slot_of_other_instant: 1 },
    told: [],
  },
  {
    name: 'a run with a version of another DAG',
    sql: 'update dag_run set version_no = 2 where run_no = 1',
    broken: { version_of_other_dag: 1 },
    told: [],
  },
];

/** What SQLite finds in its file, and what only its settings allow to be made wrong. */
export const LEFT_IN_SQLITE: readonly Damage[] = [
  {
    name: 'a row that names a missing one',
    sql: "pragma foreign_keys = off; update dag set version_no = 99 where dag_id = 'other'",
    broken: { missing_row: 1 },
    told: [],
  },
  {
    name: 'a file with a value that its schema refuses',
    sql: "pragma ignore_check_constraints = on; update dag set paused = 5 where dag_id = 'other'",
    broken: { damaged_file: 1 },
    told: [],
  },
];
