import type { Because } from './because.ts';
import type { RunNo } from './ids.ts';

/** What became of slots that were due. */
export const DISPOSITIONS = ['run', 'coalesced', 'skipped', 'missed', 'paused'] as const;
/**
 * `run`: it has a run. `coalesced`: a later slot stands for it. `skipped`: a policy left it out (`catchup`,
 * `overlap`). `missed`: it was later than `misfireGrace`. `paused`: it fell into a pause of its DAG.
 */
export type Disposition = (typeof DISPOSITIONS)[number];

/**
 * What became of all slots of a DAG between two instants, both included: of one slot, or of many that share
 * a fate. Spans of a DAG follow each other in time and never overlap.
 */
export interface SlotSpan {
  readonly dagId: string;
  /** Epoch milliseconds at which the first slot was due. */
  readonly firstAt: number;
  /** Epoch milliseconds at which the last slot was due. */
  readonly lastAt: number;
  readonly disposition: Disposition;
  /** The run of a slot, or the run that stands for coalesced ones. */
  readonly runNo: RunNo | null;
  readonly decidedAt: number;
  readonly because: Because;
}

/** Where the schedule of a DAG stands. Instants are epoch milliseconds. */
export interface ScheduleState {
  /** No run is made for slots, and ready tasks wait. */
  readonly paused: boolean;
  /** A file declares the DAG. */
  readonly present: boolean;
  /** Since when slots count: when the DAG was first seen, brought back or unpaused; `null` before that. */
  readonly sinceAt: number | null;
  /** What became of every slot up to this instant is stored; it never goes back. */
  readonly cursorAt: number | null;
}
