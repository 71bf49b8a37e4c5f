import type { LogRange, Outcome } from '../model/attempt.ts';
import type { Job } from './job.ts';
import type { KeeperLink } from './keeper-link.ts';
import type { SegmentNumbers } from './lanes.ts';
import type { LocalSettings } from './local-options.ts';
import type { ReportFrame } from './protocol.ts';

/** What the parts of the local executor that hand out orders share. */
export interface DeskParts {
  readonly settings: LocalSettings;
  readonly numbers: SegmentNumbers;
  /** A name for a group of processes, never used before. */
  readonly nextGroup: () => string;
  /** `null` between the death of a keeper and the start of the next. */
  readonly keeper: () => KeeperLink | null;
  readonly onStarted: (job: Job) => void;
  /** The job has ended and nothing of it lives. */
  readonly onEnded: (job: Job, outcome: Outcome, log: LogRange | null) => void;
  readonly onReport: (frame: Exclude<ReportFrame, { t: 'hello' | 'end' }>) => void;
}
