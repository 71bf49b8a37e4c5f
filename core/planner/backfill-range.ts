import { BACKFILL_SLOTS_MAX } from '../model/backfill.ts';
import type { DagSpec } from '../model/dag.ts';
import { AppError } from '../model/errors.ts';
import { slotsAbout } from '../timetables/slot-window.ts';
import type { Slot } from '../timetables/timetable.ts';
import { timetableOf } from '../timetables/timetable-of.ts';

/**
 * The slots of a backfill, oldest first.
 * @throws AppError `usage` if the range ends before it begins; `conflict` if the DAG has no schedule by time,
 * or the range has no slot, or too many, or it is to run in reverse although its tasks look at the past.
 */
export function checkRange(
  spec: DagSpec,
  range: {
    readonly fromAt: number;
    readonly toAt: number;
    readonly dueBy: number;
    readonly reverse: boolean;
  },
): readonly Slot[] {
  const { fromAt, toAt, dueBy } = range;
  const text = `from ${new Date(fromAt).toISOString()} to ${new Date(toAt).toISOString()}`;
  if (fromAt > toAt) throw new AppError('usage', `The range ends before it begins: ${text}.`);
  const looksBack = spec.tasks.find((task) => task.dependsOnPast);
  if (looksBack && range.reverse)
    throw new AppError(
      'conflict',
      `Task ${looksBack.path} of DAG ${spec.id} has dependsOnPast: its slots do not run in reverse.`,
    );
  const timetable = timetableOf(spec);
  if (timetable === null) {
    throw new AppError(
      'conflict',
      `DAG ${spec.id} has no schedule by time, so it has no slots. Start runs of it: orch trigger ${spec.id}`,
    );
  }
  const slots = slotsAbout(timetable, range, BACKFILL_SLOTS_MAX);
  if (slots.length === 0) {
    const future = toAt > dueBy ? ' Slots of the future are not backfilled.' : '';
    throw new AppError(
      'conflict',
      `DAG ${spec.id} has no slot ${text}.${future} See 'orch schedule preview ${spec.id} --from ...'.`,
    );
  }
  if (slots.length > BACKFILL_SLOTS_MAX) {
    throw new AppError(
      'conflict',
      `DAG ${spec.id} has more than ${BACKFILL_SLOTS_MAX} slots ${text}: make several backfills of it.`,
    );
  }
  return slots;
}
