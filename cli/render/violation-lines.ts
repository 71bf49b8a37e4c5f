import {
  type BrokenFacts,
  type BrokenRow,
  type Place,
  type Rule,
  textPlaceText,
  type Violation,
} from '../../core/model/violation.ts';
import type { TaskNames } from '../task-names.ts';
import { shortRunId } from './run-name.ts';
import { oneLine } from './text-width.ts';
import { instantText } from './time-text.ts';

/** What a row that breaks a rule says and should not, as the end of a sentence. */
const DETAILS: { readonly [R in Rule]: (row: BrokenFacts[R] & Place) => string } = {
  counter_behind: ({ counter, value, used }) =>
    `the last ${counter === 'run' ? 'run' : 'journal line'} is ${used}, the last one given is ${value}`,
  unreadable_text: (row) => `${textPlaceText(row)} cannot be read`,
  orphaned_instance: () => 'the run is gone',
  orphaned_attempt: ({ lastAttempt }) => orphanText(lastAttempt),
  orphaned_output: ({ lastAttempt }) => orphanText(lastAttempt),
  instance_unlike_journal: ({ state, attempt, journalState, journalAttempt }) =>
    `is ${state} in attempt ${attempt}, its journal says ${journalState} in attempt ${journalAttempt}`,
  run_unlike_journal: ({ state, journalState }) => `is ${state}, its journal says ${journalState}`,
  unfinished_instance: ({ state }) => `is ${state}, its run is over`,
  slot_after_cursor: ({ cursorAt }) =>
    cursorAt === null ? 'the DAG has no cursor' : `the cursor of the DAG is at ${instantText(cursorAt)}`,
  overlapping_slots: ({ earlierLastAt }) =>
    `slots up to ${instantText(earlierLastAt)} were decided before it`,
  slot_of_other_dag: ({ runUid, runDagId }) => `names run ${shortRunId(runUid ?? '')} of ${runDagId}`,
  slot_of_other_instant: ({ runUid, logicalAt }) =>
    `names run ${shortRunId(runUid ?? '')}, which is about ${instantText(logicalAt) ?? 'no instant'}`,
  version_of_other_dag: ({ versionDagId }) => `its version is of ${versionDagId}`,
  missing_row: ({ table, missingFrom }) => `a row of ${table} names one of ${missingFrom} that is not there`,
  damaged_file: ({ report }) => report,
};

function orphanText(lastAttempt: number | null): string {
  return lastAttempt === null ? 'its task instance is gone' : `its task is at attempt ${lastAttempt}`;
}

/** What is wrong with one row, in words. */
export function brokenRowText({ rule }: Violation, row: BrokenRow, names: TaskNames): string {
  const detail = DETAILS[rule] as (row: BrokenRow) => string;
  return withPlace(row, detail(row), names);
}

/** A sentence with the place that it is about before it. */
export function withPlace(place: Place, text: string, names: TaskNames): string {
  const where = placeText(place, names);
  return oneLine(where === '' ? text : `${where}: ${text}`);
}

function placeText(place: Place, names: TaskNames): string {
  const { dagId, runNo, runUid, nodeNo, tryNo, slotAt } = place;
  if (slotAt !== null) return `slot ${instantText(slotAt)} of ${dagId}`;
  if (runNo === null) return dagId ?? '';
  const run = runUid === null ? `run number ${runNo}` : `run ${shortRunId(runUid)} of ${dagId}`;
  const task = nodeNo === null ? '' : `, ${names.nameOf(place) ?? `node ${nodeNo}`}`;
  return `${run}${task}${tryNo === null ? '' : `, attempt ${tryNo}`}`;
}
