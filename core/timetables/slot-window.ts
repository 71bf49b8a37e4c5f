import type { Slot, Timetable } from './timetable.ts';

/** The slots of a timetable between two of them, both included, in either direction. */
export interface SlotWindow {
  readonly firstAt: number;
  readonly lastAt: number;
  readonly reverse: boolean;
}

/**
 * The slots about instants from `fromAt` to `toAt`, both included, that are due by `dueBy`, oldest first; at
 * most `max` and one more, so that a caller sees that there are too many.
 */
export function slotsAbout(
  timetable: Timetable,
  { fromAt, toAt, dueBy }: { readonly fromAt: number; readonly toAt: number; readonly dueBy: number },
  max: number,
): Slot[] {
  const slots: Slot[] = [];
  for (let slot = timetable.next(fromAt - 1); slot !== null; slot = timetable.next(slot.at)) {
    if (slot.logicalAt > toAt || slot.at > dueBy || slots.length > max) break;
    if (slot.logicalAt >= fromAt) slots.push(slot);
  }
  return slots;
}

/** The slot of a window after the one that was due at `cursorAt`; `null` after the last. */
export function nextInWindow(
  timetable: Timetable,
  { firstAt, lastAt, reverse }: SlotWindow,
  cursorAt: number | null,
): Slot | null {
  const slot = reverse
    ? timetable.previous((cursorAt ?? lastAt + 1) - 1)
    : timetable.next(cursorAt ?? firstAt - 1);
  return slot === null || slot.at < firstAt || slot.at > lastAt ? null : slot;
}
