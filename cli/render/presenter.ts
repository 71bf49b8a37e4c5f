import type { RunUpdate } from '../../core/scheduler/session.ts';
import type { InstanceView, RunView } from '../../core/store/run-view.ts';
import type { MetricRow } from './metric-lines.ts';

/**
 * Why a run is followed: it was just triggered, goes on after a crash, runs again in part, or is only
 * watched.
 */
export type FollowKind = 'triggered' | 'resumed' | 'retried' | 'watched';

/** How a followed run is told: events, append-only lines, or a terminal that redraws. */
export interface Presenter {
  /** Whether the log of a failed attempt is wanted. */
  readonly wantsLogs: boolean;
  start(view: RunView, how: FollowKind): void;
  /** `tail` are the last log lines of an attempt that just failed. */
  update(update: RunUpdate, tail: readonly string[]): void;
  /** A newer view: fan-outs have expanded. */
  refresh(view: RunView): void;
  /** Called now and then: heartbeats and redraws. */
  tick(): void;
  /** A sentence about what orch does now, such as cancelling. */
  notice(text: string): void;
  end(view: RunView, metrics: readonly MetricRow[]): void;
  /** The run goes on elsewhere, but is followed no longer. */
  leave(): void;
}

/** The instance that a change has just made `failed`, or `null`. */
export function justFailed(update: RunUpdate): InstanceView | null {
  if (update.type !== 'change' || update.instance === null || update.record.from === update.record.to)
    return null;
  return update.instance.state === 'failed' ? update.instance : null;
}
