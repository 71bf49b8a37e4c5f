import { because } from '../../../core/model/because.ts';
import type { NodeNo, RunNo, RunUid, TryNo, VersionNo } from '../../../core/model/ids.ts';
import type { RunState, TaskState } from '../../../core/model/states.ts';
import type {
  ObservedAttempt,
  ObservedLine,
  ObservedRun,
  ObservedTask,
} from '../../../core/telemetry/observed.ts';
import { type LineContext, type Occurrence, occurrencesOf } from '../../../core/telemetry/occurrence.ts';

export const UID = '01980f2e-1234-7abc-8def-0123456789ab' as RunUid;

export const RUN: ObservedRun = {
  runNo: 7 as RunNo,
  uid: UID,
  dagId: 'prices',
  versionNo: 1 as VersionNo,
  trigger: 'schedule',
  logicalAt: Date.UTC(2026, 0, 2),
  intervalStartAt: null,
  intervalEndAt: null,
  createdAt: 500,
  startedAt: 1_000,
  events: [],
  askedBy: null,
};

export const TASK: ObservedTask = {
  path: 'symbol.store',
  name: 'symbol[BTC].store',
  consumes: ['s3://raw/prices/'],
  produces: ['postgres://orch:pw@db/market/public/candles'],
};

/** A line about the run; the state before it is `from`. */
export function runLine(from: RunState | null, to: RunState, at: number, code = 'none'): ObservedLine {
  return { seq: at, at, run: RUN, because: because(code as 'none'), attempt: null, from, to };
}

/** A line about the instance of {@link TASK}. */
export function taskLine(
  from: TaskState,
  to: TaskState,
  at: number,
  attempt: Partial<ObservedAttempt> = {},
  code = 'none',
): ObservedLine {
  return {
    seq: at,
    at,
    run: RUN,
    because: because(code as 'none'),
    attempt: {
      nodeNo: 3 as NodeNo,
      tryNo: 1 as TryNo,
      tryBase: 0,
      startedAt: null,
      endedAt: null,
      reason: null,
      error: null,
      ...attempt,
    },
    from,
    to,
  };
}

/** What happened by lines; unless said otherwise, the attempt of a line is the first of its instance. */
export function happened(
  lines: readonly ObservedLine[],
  context: Partial<LineContext> = {},
): readonly Occurrence[] {
  return lines.flatMap((line) =>
    occurrencesOf(line, {
      reopenedBy: null,
      task: TASK,
      firstStartedAt: line.attempt?.startedAt ?? null,
      ...context,
    }),
  );
}
