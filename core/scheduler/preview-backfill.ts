import { compileGraph } from '../graph/graph.ts';
import type { DagSpec } from '../model/dag.ts';
import type { Request } from '../model/request.ts';
import { ScheduledDag } from '../planner/agenda.ts';
import { checkRange } from '../planner/backfill-range.ts';
import { decidedUntil, fateOf, type SlotFate } from '../planner/slot-fate.ts';
import type { Store } from '../store/store.ts';

/** What a backfill would do about a slot. */
export interface SlotPlan {
  readonly logicalAt: number;
  readonly at: number;
  readonly fate: SlotFate;
}

/**
 * What a backfill would do about every slot of its range, in the order in which it would; nothing is changed.
 * @throws AppError where there can be none: see {@link checkRange}.
 */
export async function previewBackfill(
  store: Store,
  spec: DagSpec,
  wanted: Extract<Request, { type: 'createBackfill' }>,
): Promise<SlotPlan[]> {
  const slots = checkRange(spec, wanted);
  const about = slots.map(({ logicalAt }) => logicalAt);
  const runs = await store.slotRuns(spec.id, about[0] ?? 0, about.at(-1) ?? 0);
  const bySlot = new Map(runs.map((run) => [run.logicalAt, run]));
  const stored = await store.dag(spec.id);
  const state = stored ?? { paused: false, present: true, sinceAt: null, cursorAt: null };
  const entry = { dagId: spec.id, versionNo: 0 as never, spec, graph: compileGraph(spec), params: {} };
  const dag = new ScheduledDag({ ...entry, state, failures: 0 });
  const untilAt = decidedUntil(dag, state, wanted.dueBy);
  const plans = slots.map((slot) => ({
    logicalAt: slot.logicalAt,
    at: slot.at,
    fate: fateOf(slot, bySlot.get(slot.logicalAt) ?? null, wanted.which, untilAt),
  }));
  return wanted.reverse ? plans.reverse() : plans;
}
