import type { DagSpec } from '../model/dag.ts';
import type { RunRecord } from '../model/run.ts';
import { deadlineAt } from '../planner/run-timer.ts';
import type { Store } from './store.ts';

/** `ahead`: it is yet to come. */
export const DEADLINE_STATES = ['ahead', 'met', 'missed'] as const;

/** How a run stands to its deadline. */
export interface RunDeadline {
  readonly at: number;
  readonly state: (typeof DEADLINE_STATES)[number];
  /** It was told of as likely to be missed, by the times of earlier runs, before it passed. */
  readonly foretold: boolean;
}

/** The deadline of a run of a graph, seen from an instant; `null` if it has none. */
export async function readDeadline(
  store: Store,
  run: RunRecord,
  { deadlineMs }: Pick<DagSpec, 'deadlineMs'>,
  now: number,
): Promise<RunDeadline | null> {
  const at = deadlineAt(run, deadlineMs);
  if (at === null) return null;
  const { deadline } = await store.told(run.runNo);
  return { at, state: stateOf(run, at, now), foretold: deadline.includes('foretold') };
}

function stateOf({ endedAt }: RunRecord, at: number, now: number): RunDeadline['state'] {
  if ((endedAt ?? now) > at) return 'missed';
  return endedAt === null ? 'ahead' : 'met';
}
