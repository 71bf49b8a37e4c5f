import type { TryNo } from '../model/ids.ts';
import { RUN_TRANSITIONS, type RunState, TASK_TRANSITIONS, type TaskState } from '../model/states.ts';
import {
  type BrokenRow,
  type Place,
  type TextPlace,
  textPlaceText,
  type Violation,
} from '../model/violation.ts';
import { legalWay } from './legal-way.ts';

/** One change that a repair makes, and what the journal says of it. */
export type RepairStep = {
  readonly place: Place;
  /** What is done and why, in words that fit before and after it. */
  readonly what: string;
} & (
  | { readonly type: 'raise'; readonly counter: 'run' | 'line'; readonly to: number }
  | { readonly type: 'remove'; readonly row: 'instance' | 'attempt' | 'output' | 'slots' }
  /** Lines that lead from what the journal says last to what the row says. */
  | {
      readonly type: 'tell';
      readonly from: TaskState | RunState;
      readonly way: readonly (TaskState | RunState)[];
      readonly attempt: TryNo | null;
    }
  | { readonly type: 'mend'; readonly text: TextPlace; readonly mend: 'empty' | 'row' }
  | { readonly type: 'cancel'; readonly from: TaskState; readonly attempt: TryNo }
  /** The cursor of a DAG goes to an instant, if it is not there yet. */
  | { readonly type: 'move'; readonly toAt: number }
);

/** What is not repaired, why not, and what to do instead. */
export interface Unrepaired {
  readonly place: Place;
  readonly why: string;
}

/** What is to be done about the rows of a violation. */
export interface Repair {
  readonly steps: readonly RepairStep[];
  readonly left: readonly Unrepaired[];
}

const KEEP = 'keep a copy of what is stored and report it';
const NEWER_ATTEMPT =
  'the row of the task has an older attempt than is known of it, and a retry would give the number of an ' +
  'attempt a second time: trigger another run and leave this one as it is';

/** Decides what a repair does about the rows of a violation; reads nothing else. */
export function repairOf(violation: Violation): Repair {
  const decided = decisions(violation);
  return {
    steps: decided.flatMap((one) => ('type' in one ? [one] : [])),
    left: decided.flatMap((one) => ('why' in one ? [one] : [])),
  };
}

function decisions(violation: Violation): readonly (RepairStep | Unrepaired)[] {
  switch (violation.rule) {
    case 'counter_behind':
      // Lines of the journal first: those of the repair are counted on.
      return violation.rows.toSorted((a, b) => a.counter.localeCompare(b.counter)).map(raise);
    case 'unreadable_text':
      return violation.rows.map(mend);
    case 'orphaned_instance':
      return violation.rows.map((row) => remove(row, 'instance', 'run'));
    case 'orphaned_attempt':
      return violation.rows.map((row) => removeOrphan(row, 'attempt'));
    case 'orphaned_output':
      return violation.rows.map((row) => removeOrphan(row, 'output'));
    case 'instance_unlike_journal':
      return violation.rows.map(tellInstance);
    case 'run_unlike_journal':
      return violation.rows.map((row) => tell(row, RUN_TRANSITIONS, row.journalState, row.state, null));
    case 'unfinished_instance':
      return violation.rows.map(cancel);
    case 'slot_after_cursor':
      return moves(violation.rows);
    case 'overlapping_slots':
      return violation.rows.map(removeRepeated);
    case 'slot_of_other_dag':
    case 'slot_of_other_instant':
      return leave(violation.rows, `whether the slot or the run is right is not stored: ${KEEP}`);
    case 'version_of_other_dag':
      return leave(violation.rows, `which DAG the run was made for is not stored: ${KEEP}`);
    case 'missing_row':
      return leave(violation.rows, `what the row said is not stored: restore a backup, or ${KEEP}`);
    case 'damaged_file':
      return leave(violation.rows, 'what stood there is not stored: restore a backup');
  }
}

function leave(rows: readonly Place[], why: string): readonly Unrepaired[] {
  return rows.map((row) => ({ place: placeOf(row), why }));
}

function raise(row: BrokenRow<'counter_behind'>): RepairStep {
  const name = row.counter === 'run' ? 'run' : 'journal line';
  const what = `number of the last ${name} raised from ${row.value} to ${row.used}`;
  return { type: 'raise', place: placeOf(row), what, counter: row.counter, to: row.used };
}

function mend(row: BrokenRow<'unreadable_text'>): RepairStep | Unrepaired {
  const place = placeOf(row);
  const { table, column, key, mend: way } = row;
  if (way === null) return { place, why: row.left ?? KEEP };
  const text = { table, column, key };
  const done = way === 'row' ? 'removed with its row' : 'emptied';
  return {
    type: 'mend',
    place,
    what: `${textPlaceText(text)} ${done}, because it cannot be read`,
    text,
    mend: way,
  };
}

function remove(
  row: Place,
  what: 'instance' | 'attempt' | 'output',
  missing: 'run' | 'task instance',
): RepairStep {
  const name = what === 'instance' ? 'task instance' : what;
  const number =
    what === 'instance' ? `${row.runNo}.${row.nodeNo}` : `${row.runNo}.${row.nodeNo}.${row.tryNo}`;
  const text = `${name} ${number} removed, because its ${missing} is gone`;
  return { type: 'remove', place: placeOf(row), what: text, row: what };
}

function removeOrphan(
  row: BrokenRow<'orphaned_attempt' | 'orphaned_output'>,
  what: 'attempt' | 'output',
): RepairStep | Unrepaired {
  if (row.lastAttempt !== null) return { place: placeOf(row), why: NEWER_ATTEMPT };
  return remove(row, what, 'task instance');
}

/** Slots with two fates are left: a span does not say which slots it is about between its ends. */
function removeRepeated(row: BrokenRow<'overlapping_slots'>): RepairStep | Unrepaired {
  const place = placeOf(row);
  if (!row.isRepeated)
    return { place, why: `no run starts by them again, and which of them is right is not stored: ${KEEP}` };
  const slots = `slots of ${row.dagId} from ${instant(row.slotAt ?? 0)} to ${instant(row.lastAt)}`;
  const what = `${slots} removed, because an earlier span says the same of them`;
  return { type: 'remove', place, what, row: 'slots' };
}

function tellInstance(row: BrokenRow<'instance_unlike_journal'>): RepairStep | Unrepaired {
  if (row.journalAttempt > row.attempt) return { place: placeOf(row), why: NEWER_ATTEMPT };
  return tell(row, TASK_TRANSITIONS, row.journalState, row.state, row.attempt);
}

function tell<State extends TaskState | RunState>(
  row: Place,
  transitions: Readonly<Record<State, readonly State[]>>,
  from: State,
  to: State,
  attempt: TryNo | null,
): RepairStep | Unrepaired {
  const place = placeOf(row);
  const way = legalWay(transitions, from, to);
  if (way === null) return { place, why: `no legal way leads from ${from} to ${to}: ${KEEP}` };
  const now = attempt === null || attempt === 0 ? to : `${to} in attempt ${attempt}`;
  return { type: 'tell', place, what: `${now} added to the journal, which said ${from}`, from, way, attempt };
}

function cancel(row: BrokenRow<'unfinished_instance'>): RepairStep | Unrepaired {
  const { state: from, attempt, journalAttempt } = row;
  const place = placeOf(row);
  if (journalAttempt !== null && journalAttempt > attempt) return { place, why: NEWER_ATTEMPT };
  return {
    type: 'cancel',
    place,
    what: `cancelled, because it was ${from} although its run was over`,
    from,
    attempt,
  };
}

/** One step a DAG: its cursor goes to the end of its last slot. */
function moves(rows: readonly BrokenRow<'slot_after_cursor'>[]): readonly RepairStep[] {
  const last = new Map<string | null, BrokenRow<'slot_after_cursor'>>();
  for (const row of rows) {
    const known = last.get(row.dagId);
    if (known === undefined || row.lastAt > known.lastAt) last.set(row.dagId, row);
  }
  return [...last.values()].map((row) => {
    const from = row.cursorAt === null ? 'nowhere' : instant(row.cursorAt);
    const what = `cursor of ${row.dagId} moved from ${from} to ${instant(row.lastAt)}, its last slot`;
    const place = { ...placeOf(row), slotAt: null };
    return { type: 'move', place, what, toAt: row.lastAt };
  });
}

function instant(at: number): string {
  return new Date(at).toISOString();
}

function placeOf({ dagId, runNo, runUid, nodeNo, tryNo, slotAt }: Place): Place {
  return { dagId, runNo, runUid, nodeNo, tryNo, slotAt };
}
