import type { Answer } from '../model/action.ts';
import type { RunNo } from '../model/ids.ts';
import type { Request } from '../model/request.ts';
import type { InstanceView, RunView } from '../store/run-view.ts';
import type { JournalRecord, MetricRecord } from '../store/store.ts';

/** What a follower of a run is told, in order. */
export type RunUpdate =
  /** A journal line; `instance` is the state after it, `null` for a line about the run itself. */
  | { readonly type: 'change'; readonly record: JournalRecord; readonly instance: InstanceView | null }
  | { readonly type: 'metric'; readonly instance: InstanceView; readonly metric: MetricRecord }
  | { readonly type: 'progress'; readonly instance: InstanceView }
  /** The last one: the run is finished. */
  | { readonly type: 'ended'; readonly view: RunView };

/**
 * A process's way to have requests decided: it leads the store if nobody does (session mode: only the runs that it
 * was asked for), otherwise it asks the leader, and takes the lead over when that one goes away.
 */
export interface Session {
  /** Whether this process leads now. */
  readonly leading: boolean;
  /** Puts the request into the inbox and resolves with the leader's answer. */
  ask(request: Request): Promise<Answer>;
  /** Everything that happens in a run, from its beginning, until it is finished or the signal aborts. */
  watch(runNo: RunNo, signal?: AbortSignal): AsyncIterable<RunUpdate>;
  /** Lets running attempts of other runs finish, starts nothing new, releases the lead. */
  close(): Promise<void>;
}
