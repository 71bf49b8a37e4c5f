import type { BackfillRecord } from '../model/backfill.ts';
import type { VersionNo } from '../model/ids.ts';
import type { RunRecord } from '../model/run.ts';
import { isRunFinished } from '../model/states.ts';
import type { Slot } from '../timetables/timetable.ts';
import type { RunParams } from './run-params.ts';
import type { RunWorld } from './run-world.ts';
import type { World } from './world.ts';

/** A slot of a backfill, as the store knows it. */
export interface OfferedSlot {
  readonly slot: Slot;
  readonly existing: RunRecord | null;
  /** The existing run in memory, if it is one to retry. */
  readonly run: RunWorld | null;
}

/** The next slots of a backfill, read for the planner. */
export interface BackfillOffer {
  readonly backfillNo: number;
  /** The cursor after which they come; an offer of another one is passed over. */
  readonly fromCursorAt: number | null;
  /** `slotRuns` of the DAG when they were read: an offer is passed over if a slot got a run since then. */
  readonly slotRuns: number;
  /** The version of the DAG then: an offer of another one is passed over. */
  readonly versionNo: VersionNo;
  /** Params of its new runs, with the defaults of that version. */
  readonly params: RunParams;
  readonly slots: readonly OfferedSlot[];
  /** None comes after them. */
  readonly isLast: boolean;
  /** Why there can be no slots. */
  readonly error?: string;
}

/** A backfill in memory. */
export interface BackfillWorld {
  record: BackfillRecord;
  /** Its next slots are being read. */
  isOffered: boolean;
  offer: BackfillOffer | null;
  /** Every slot of it is decided. */
  isDecided: boolean;
}

/** A backfill as a leader takes it into memory. */
export function backfillWorld(record: BackfillRecord): BackfillWorld {
  return { record, isOffered: false, offer: null, isDecided: false };
}

/** The unfinished runs of a backfill. */
export function runsOfBackfill(world: World, { backfillNo, dagId }: BackfillRecord): RunWorld[] {
  return [...world.dagLoad(dagId).inMemory.values()].filter(
    ({ record }) => record.backfillNo === backfillNo && !isRunFinished(record.state),
  );
}

/** The backfill that a run counts for; `null` if it counts for its DAG. */
export function backfillOf(world: World, { record }: RunWorld): BackfillWorld | null {
  return record.backfillNo === undefined ? null : (world.backfills.get(record.backfillNo) ?? null);
}

/** How many more runs a backfill may have under way. */
export function roomOf(world: World, { record }: BackfillWorld): number {
  return record.maxActiveRuns - runsOfBackfill(world, record).length;
}
