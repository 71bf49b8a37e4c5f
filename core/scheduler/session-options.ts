import type { SpareKeeper } from '../executors/keeper-process.ts';
import type { SchedulerTidings } from './tidings.ts';

/** How a process takes part in a project. */
export interface SessionOptions {
  /** Keeps a runner ready for the first function or operator; true by default. */
  readonly warm?: boolean;
  /** The keeper of this process if it leads; its owner ends it if it does not. */
  readonly keeper?: SpareKeeper;
  /** Whoever leads by this session runs all DAGs by their schedules; false by default. */
  readonly schedules?: boolean;
  /** It never leads and only asks whoever does; false by default. */
  readonly onlyAsks?: boolean;
  /** Called when this process begins to lead, and once it leads as a scheduler has looked at every file. */
  readonly onLead?: () => void;
  /** Called when this process does not lead any more although nobody told it to end. */
  readonly onStandBy?: () => void;
  /**
   * Called when somebody wants this scheduler to end, once that is stored; absent: it gives the lead back and
   * takes no part any more.
   */
  readonly onStopAsked?: () => void;
  /** Ends the session while it is being opened. */
  readonly signal?: AbortSignal;
  /** Called with what people should know of a scheduler that this process is. */
  readonly onTidings?: (tidings: SchedulerTidings) => void;
}
