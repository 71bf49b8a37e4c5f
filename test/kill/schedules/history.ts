import type { Fault, Stored, StoredLine, StoredRun, WitnessLine } from '../history.ts';
import type { LedgerLine } from './ledger.ts';

/** One start of `orch scheduler`. */
export interface SchedulerLaunch {
  readonly pid: number;
  /** Whether it was sent SIGTERM. */
  readonly isTold: boolean;
  readonly code: number | null;
  readonly signal: string | null;
  readonly errors: string;
}

/** What a command line asked for. Instants are epoch milliseconds. */
export type Wish =
  | { readonly kind: 'pause' | 'unpause' | 'trigger'; readonly dagId: string }
  | {
      readonly kind: 'backfill';
      readonly dagId: string;
      readonly fromAt: number;
      readonly toAt: number;
    };

/** One command line that asked for something. */
export interface Asked {
  readonly wish: Wish;
  /** When its process was started. */
  readonly askedAt: number;
  /** When it ended; `null` if it had not when the round was given up. */
  readonly endedAt: number | null;
  readonly code: number | null;
  readonly signal: string | null;
  readonly errors: string;
  /** What it printed. */
  readonly printed: string;
}

export interface TimedLine extends StoredLine {
  readonly at: number;
}

export interface ScheduledRun extends StoredRun {
  readonly dagId: string;
  readonly trigger: string;
  readonly logicalAt: number | null;
  readonly createdAt: number;
  readonly journal: readonly TimedLine[];
}

export interface StoredDag {
  readonly dagId: string;
  readonly paused: boolean;
  readonly cursorAt: number | null;
}

/** What the store says became of slots. */
export interface StoredSpan {
  readonly dagId: string;
  readonly firstAt: number;
  readonly lastAt: number;
  readonly disposition: string;
  readonly runNo: number | null;
  readonly decidedAt: number;
}

/** What the store said at the end of a round of schedulers. */
export interface StoredSchedules extends Stored {
  readonly runs: readonly ScheduledRun[];
  readonly dags: readonly StoredDag[];
  readonly spans: readonly StoredSpan[];
  readonly backfills: readonly { readonly backfillNo: number; readonly state: string }[];
}

/** A leader that died, and how long it was until another process led. */
export interface TakeOver {
  readonly moment: string;
  /** Until another one had the lead; `null`: none had in time. */
  readonly ledMs: number | null;
  /** Until it had written something; `null`: it had not in time. */
  readonly tookMs: number | null;
  /** Whether a command line was about to ask, which may lead in between. */
  readonly hadCompany: boolean;
}

/** Everything that is known of a round of schedulers from outside and from the store. */
export interface ScheduleHistory {
  readonly witness: readonly WitnessLine[];
  readonly ledger: readonly LedgerLine[];
  readonly faults: readonly Fault[];
  readonly launches: readonly SchedulerLaunch[];
  readonly asked: readonly Asked[];
  readonly takeOvers: readonly TakeOver[];
  readonly stored: StoredSchedules;
  /** Whether the janitor deletes runs in this project. */
  readonly isCleared: boolean;
  /** What had not caught up when the faults were over for long enough. */
  readonly behind: readonly string[];
  readonly givenUp: string | null;
  readonly leftAtEnd: number;
}
