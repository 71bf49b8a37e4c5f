import type { Because } from './because.ts';
import type { ScheduleSpec } from './dag.ts';
import type { JsonObject } from './json.ts';
import type { RunScope } from './scope.ts';

/** By what an ad-hoc schedule is due: by time alone. */
export type AdHocWhen = Extract<ScheduleSpec, { kind: 'cron' | 'every' | 'at' }>;

/** What an ad-hoc schedule does, and how it deals with slots that are late. It never changes. */
export interface AdHocPlan {
  readonly when: AdHocWhen;
  readonly params: JsonObject;
  readonly scope: RunScope;
  /** Every slot that was missed gets a run; otherwise only the newest. */
  readonly catchup: boolean;
  /** A slot that is later than this gets no run; `null`: however late. */
  readonly misfireGraceMs: number | null;
}

/** A schedule that no DAG file declares: somebody has asked for it while orch runs. */
export interface AdHocSchedule {
  readonly scheduleId: string;
  readonly dagId: string;
  readonly name: string;
  readonly plan: AdHocPlan;
  readonly paused: boolean;
  /** Every slot up to this instant is decided. */
  readonly cursorAt: number;
  /** What became of the last slot that was due; `null` before the first. */
  readonly last: AdHocSlot | null;
  readonly createdAt: number;
  readonly createdBy: string;
  /** Whose right it runs by; `null`: nobody had to log in. */
  readonly maker: ScheduleMaker | null;
}

/** Somebody who needs the right to the DAG of a schedule at each of its slots. */
export interface ScheduleMaker {
  /** As `account:ann` or `token:<id>`. */
  readonly principal: string;
  /** Since when the schedule is theirs: an account of that name that is younger is another one. */
  readonly since: number;
}

/** What became of a slot: its run, or why it has none. */
export interface AdHocSlot {
  readonly slotAt: number;
  readonly runUid: string | null;
  readonly error: string | null;
  /** Why it was refused before anything was asked; absent: it was not. */
  readonly refused?: Because;
}
