import type { ScheduledRun, ScheduleHistory, StoredSpan } from './history.ts';
import { dueSeconds, KNOWN_DAGS, type KnownDag } from './known-dags.ts';
import type { LedgerLine } from './ledger.ts';

/** Every second at which a DAG was due between its first cursor and its last is decided once, as it wants. */
export function badSlots({ ledger, stored }: ScheduleHistory): string[] {
  return KNOWN_DAGS.flatMap((dag) => {
    const from = firstCursor(ledger, dag.dagId);
    const cursorAt = stored.dags.find(({ dagId }) => dagId === dag.dagId)?.cursorAt ?? null;
    if (from === null || cursorAt === null) return [`${dag.dagId} was never decided about`];
    const spans = stored.spans.filter(({ dagId }) => dagId === dag.dagId);
    return [...uncovered(dag, spans, from, cursorAt), ...spans.flatMap((span) => misjudged(dag, span))];
  });
}

/** The cursor with which the slots of a DAG began to count. */
function firstCursor(ledger: readonly LedgerLine[], dagId: string): number | null {
  const first = ledger.flatMap(({ moves }) => moves).find((move) => move.dagId === dagId);
  return first?.from ?? first?.to ?? null;
}

function uncovered(dag: KnownDag, spans: readonly StoredSpan[], from: number, to: number): string[] {
  const due = dueSeconds(dag, from, to);
  const isDue = new Set(due);
  const fates = new Map<number, number>();
  const found: string[] = [];
  for (const { firstAt, lastAt, disposition } of spans) {
    if (!isDue.has(firstAt) || !isDue.has(lastAt))
      found.push(`${dag.dagId}: ${disposition} from ${text(firstAt)} to ${text(lastAt)} is no slot`);
    for (const at of dueSeconds(dag, firstAt - 1, lastAt)) fates.set(at, (fates.get(at) ?? 0) + 1);
  }
  for (const at of due)
    if (fates.get(at) !== 1)
      found.push(`${dag.dagId}: slot ${text(at)} was decided ${fates.get(at) ?? 0} times`);
  return found;
}

/** What may become of a slot follows from how its DAG is declared. */
function misjudged(dag: KnownDag, { disposition, firstAt, lastAt, runNo }: StoredSpan): string[] {
  const slot = `${dag.dagId}: ${disposition} ${text(firstAt)}`;
  if (disposition === 'run' && (runNo === null || firstAt !== lastAt)) return [`${slot} is not one run`];
  const allowed = ['run', ...(dag.coalesce ? ['coalesced'] : []), ...(dag.catchup ? [] : ['skipped'])];
  if (dag.isPaused && !dag.catchup) allowed.push('paused');
  return allowed.includes(disposition) ? [] : [`${slot} is not what its DAG wants`];
}

/** A slot has one run for ever, and a run by schedule is the one of its slot. */
export function badSlotRuns({ stored, isCleared }: ScheduleHistory): string[] {
  const found: string[] = [];
  const runs = new Map(stored.runs.map((run) => [run.runNo, run]));
  const made = new Map<string, ScheduledRun>();
  for (const run of stored.runs) {
    if (run.logicalAt === null) continue;
    const slot = `${run.dagId} ${text(run.logicalAt)}`;
    const other = made.get(slot);
    if (other) found.push(`${slot} has two runs: ${other.runId} and ${run.runId}`);
    made.set(slot, run);
  }
  const named = new Map<number, StoredSpan>();
  for (const span of stored.spans) {
    if (span.disposition !== 'run' || span.runNo === null) continue;
    if (named.has(span.runNo)) found.push(`run ${span.runNo} is the run of two slots`);
    named.set(span.runNo, span);
    const run = runs.get(span.runNo);
    if (run === undefined && !isCleared) found.push(`${span.dagId} ${text(span.firstAt)}: its run is gone`);
    if (run && (run.dagId !== span.dagId || run.logicalAt !== span.firstAt))
      found.push(`${span.dagId} ${text(span.firstAt)} names a run about something else`);
  }
  const strays = stored.runs.filter(({ trigger, runNo }) => trigger === 'schedule' && !named.has(runNo));
  return [...found, ...strays.map(({ runId, dagId }) => `run ${runId} of ${dagId} belongs to no slot`)];
}

/** Nothing is decided, made or begun before its time, by the clock of the machine. */
export function earlySlots({ stored, witness }: ScheduleHistory): string[] {
  const dueAt = new Map(stored.runs.map(({ runNo, logicalAt }) => [runNo, logicalAt ?? 0]));
  return [
    ...stored.spans
      .filter(({ decidedAt, lastAt }) => decidedAt < lastAt)
      .map(({ dagId, lastAt }) => `${dagId} ${text(lastAt)} was decided early`),
    ...stored.runs
      .filter(({ createdAt, logicalAt }) => logicalAt !== null && createdAt < logicalAt)
      .map(({ dagId, logicalAt }) => `the run of ${dagId} ${text(logicalAt ?? 0)} was made early`),
    ...witness
      .filter(({ at, attemptId }) => at !== null && at < (dueAt.get(Number.parseInt(attemptId, 10)) ?? 0))
      .map(({ attemptId }) => `${attemptId} began early`),
  ];
}

/** A cursor only grows, and each move of it begins where the one before has ended. */
export function badCursors({ ledger, stored }: ScheduleHistory): string[] {
  const found: string[] = [];
  const at = new Map<string, number>();
  for (const { dagId, from, to } of ledger.flatMap(({ moves }) => moves)) {
    const before = at.get(dagId) ?? Number.NEGATIVE_INFINITY;
    // A line may be missing in between, so a move may begin later than the one before has ended.
    if ((from ?? Number.NEGATIVE_INFINITY) < before || (to ?? Number.NEGATIVE_INFINITY) < before)
      found.push(`the cursor of ${dagId} goes back from ${text(before)} by a move from ${from} to ${to}`);
    at.set(dagId, Math.max(before, to ?? before));
  }
  for (const { dagId, cursorAt } of stored.dags)
    if (cursorAt !== null && cursorAt < (at.get(dagId) ?? 0))
      found.push(`the cursor of ${dagId} ended at ${text(cursorAt)}, before it had been`);
  return found;
}

function text(at: number): string {
  return Number.isFinite(at) ? new Date(at).toISOString() : String(at);
}
