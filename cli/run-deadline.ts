import type { RunRecord } from '../core/model/run.ts';
import { deadlineAt } from '../core/planner/deadline.ts';
import type { RunView } from '../core/store/run-view.ts';
import type { Store } from '../core/store/store.ts';

/** How a run stands to its deadline. */
export interface RunDeadline {
  readonly at: number;
  readonly state: 'ahead' | 'met' | 'missed';
  /** It was told of as likely to be missed, by the times of earlier runs, before it passed. */
  readonly foretold: boolean;
}

/** The deadline of a run, seen from an instant; `null` if it has none. */
export async function readDeadline(store: Store, view: RunView, now: number): Promise<RunDeadline | null> {
  const at = deadlineAt(view.run, view.version.spec.deadlineMs);
  if (at === null) return null;
  const { deadline } = await store.told(view.run.runNo);
  return { at, state: stateOf(view.run, at, now), foretold: deadline.includes('foretold') };
}

function stateOf({ endedAt }: RunRecord, at: number, now: number): RunDeadline['state'] {
  if ((endedAt ?? now) > at) return 'missed';
  return endedAt === null ? 'ahead' : 'met';
}
