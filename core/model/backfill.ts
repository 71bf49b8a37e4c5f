import type { JsonObject } from './json.ts';
import type { RunScope } from './scope.ts';

/** What is done about slots that have a run already; those without one always get one. */
export const BACKFILL_WHICH = ['missing', 'failed', 'all'] as const;
/**
 * `missing`: their runs are left. `failed`: a failed run is retried in place. `all`: every finished run is
 * retried whole in place.
 */
export type BackfillWhich = (typeof BACKFILL_WHICH)[number];

/** `running` and `paused` are unfinished. */
export const BACKFILL_STATES = ['running', 'paused', 'done', 'cancelled'] as const;
export type BackfillState = (typeof BACKFILL_STATES)[number];

/** Slots that one backfill may have. */
export const BACKFILL_SLOTS_MAX = 10_000;

/** Runs for the slots of a DAG between two instants, made a few at a time. Instants: epoch milliseconds. */
export interface BackfillRecord {
  /** The number of the request that asked for it. */
  readonly backfillNo: number;
  readonly dagId: string;
  /** When the first of its slots was due. */
  readonly firstAt: number;
  /** When the last of its slots was due. */
  readonly lastAt: number;
  readonly which: BackfillWhich;
  /** Newest slot first. */
  readonly reverse: boolean;
  /** Of the runs that it makes; one that is retried keeps its own. */
  readonly scope: RunScope;
  /** Of the runs that it makes, as given: the rest are the defaults of the version that a run gets. */
  readonly params: JsonObject;
  /** Unfinished runs of it at once. */
  readonly maxActiveRuns: number;
  readonly state: BackfillState;
  /** When the slot that was decided last was due; `null` before the first. */
  readonly cursorAt: number | null;
  /** Slots in all, as counted when it was asked for. */
  readonly slots: number;
  /** Slots decided so far. */
  readonly decided: number;
  /** Of these: those that were left as they are. */
  readonly spared: number;
  readonly createdAt: number;
  readonly createdBy: string;
  readonly endedAt: number | null;
}
