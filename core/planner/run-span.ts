import type { RunRecord } from '../model/run.ts';

/** Whether a command takes earlier and later runs of the DAG along. */
export interface RunSpan {
  readonly past: boolean;
  readonly future: boolean;
}

type Placed = Pick<RunRecord, 'runNo' | 'dagId' | 'logicalAt' | 'createdAt'>;

/**
 * The runs that a command about one of them does the same in, that one included, earliest first. A run
 * stands at the instant that it is about; one by hand is about none and stands where it was asked for.
 */
export function runsOfSpan<Run extends Placed>(run: Run, runs: readonly Run[], span: RunSpan): Run[] {
  const chosen = runs.filter((other) => {
    if (other.dagId !== run.dagId || other.runNo === run.runNo) return false;
    return order(other, run) < 0 ? span.past : span.future;
  });
  return [...chosen, run].sort(order);
}

function order(a: Placed, b: Placed): number {
  return (a.logicalAt ?? a.createdAt) - (b.logicalAt ?? b.createdAt) || a.runNo - b.runNo;
}
