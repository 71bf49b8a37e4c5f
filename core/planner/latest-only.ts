import type { Graph } from '../graph/graph.ts';
import type { Timetable } from '../timetables/timetable.ts';
import { timetableOf } from '../timetables/timetable-of.ts';
import { isOfSlot } from './pasts.ts';
import type { RunWorld } from './run-world.ts';

const timetables = new WeakMap<Graph, { readonly timetable: Timetable | null }>();

/**
 * When the slot after that of a run was due, if that has passed; `null` if the run is of the latest slot, or
 * of none.
 */
export function newerSlotAt({ record, graph }: RunWorld, now: number): number | null {
  const slotAt = record.intervalEndAt ?? record.logicalAt;
  if (slotAt === null || !isOfSlot(record)) return null;
  let known = timetables.get(graph);
  if (!known) {
    known = { timetable: timetableOf(graph.spec) };
    timetables.set(graph, known);
  }
  const next = known.timetable?.next(slotAt) ?? null;
  return next !== null && next.at < now ? next.at : null;
}
