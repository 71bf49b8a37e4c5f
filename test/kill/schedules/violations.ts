import { badJournal } from '../../checkers/journal-walk.ts';
import { startedTwice } from '../../checkers/started-once.ts';
import { disagreements, gaveUpSlowly, overlaps, survivors } from '../violations.ts';
import type { Asked, ScheduledRun, ScheduleHistory, SchedulerLaunch } from './history.ts';
import { badCursors, badSlotRuns, badSlots, earlySlots } from './slot-checks.ts';

/** A lead must be taken over so soon, however busy the machine is. */
const LED_WITHIN_MS = 10_000;
/** And something written. */
export const WRITTEN_WITHIN_MS = 60_000;
/** The exit code of a process that was told to end by SIGTERM. */
const TERMINATED = 143;

/** Everything in a history of schedulers that must not be. */
export function scheduleViolations(history: ScheduleHistory): string[] {
  const { witness, faults, launches, stored, givenUp, leftAtEnd, behind } = history;
  return [
    ...(givenUp === null ? [] : [givenUp]),
    ...stored.problems,
    ...startedTwice(witness),
    ...overlaps(witness),
    ...survivors(faults, leftAtEnd),
    ...badLaunches(launches),
    ...badSlots(history),
    ...badSlotRuns(history),
    ...earlySlots(history),
    ...badCursors(history),
    ...stored.runs.flatMap((run) => badJournal(run)),
    ...oldEpochs(stored.runs),
    ...stored.runs.flatMap((run) => disagreements(run, witness)),
    ...failedRuns(stored.runs),
    ...noisyPauses(history),
    ...unkept(history),
    ...slowTakeOvers(history),
    ...behind,
    ...keptLead(history),
  ];
}

/** A scheduler ends because it is killed or told to, and for no other reason. */
export function badLaunches(launches: readonly SchedulerLaunch[]): string[] {
  return launches
    .filter((launch) => launch.signal === null && !gaveUpSlowly(launch))
    .filter(({ isTold, code }) => !isTold || code !== TERMINATED)
    .map(({ pid, code, errors }) => `scheduler ${pid} ended with ${code}: ${errors.trim().slice(-600)}`);
}

/** Who was not killed gives the lead back. */
export function keptLead({ stored, launches }: ScheduleHistory): string[] {
  const keeper = launches.find(({ pid, signal }) => pid === stored.leaderPid && signal === null);
  return keeper ? [`scheduler ${keeper.pid} ended and did not give the lead back`] : [];
}

/** Once another process leads, nobody writes by an older lead, whatever run it is about. */
export function oldEpochs(runs: readonly ScheduledRun[]): string[] {
  const lines = runs.flatMap(({ journal }) => journal).sort((a, b) => a.seq - b.seq);
  return lines
    .filter(({ epoch }, no) => epoch < (lines[no - 1]?.epoch ?? 0))
    .map(({ seq, epoch }) => `line ${seq} was written by epoch ${epoch}, after a newer one led`);
}

/** No task of the rounds fails for good, so no run does. */
export function failedRuns(runs: readonly ScheduledRun[]): string[] {
  return runs
    .filter(({ state }) => ['failed', 'cancelled'].includes(state))
    .map(({ runId, dagId, state }) => `run ${runId} of ${dagId} is ${state}`);
}

/** From the answer to a pause until somebody asks for its end, its DAG makes no run and starts nothing. */
export function noisyPauses({ asked, stored }: ScheduleHistory): string[] {
  return asked.flatMap(({ wish, code, endedAt }, no) => {
    if (wish.kind !== 'pause' || code !== 0 || endedAt === null) return [];
    const next = asked.slice(no + 1).find((one) => one.wish.dagId === wish.dagId);
    const untilAt = next?.askedAt ?? Number.POSITIVE_INFINITY;
    const isInside = (at: number): boolean => at > endedAt && at < untilAt;
    const own = stored.runs.filter((run) => run.dagId === wish.dagId && run.trigger === 'schedule');
    return own.flatMap(({ runId, createdAt, journal }) => [
      ...(isInside(createdAt) ? [`run ${runId} was made in a pause of ${wish.dagId}`] : []),
      ...journal
        .filter(({ to, nodeNo, at }) => to === 'queued' && nodeNo !== null && isInside(at))
        .map(({ seq }) => `line ${seq} starts a task in a pause of ${wish.dagId}`),
    ]);
  });
}

/** What was answered is done, and everything is answered. */
export function unkept(history: ScheduleHistory): string[] {
  const { asked, stored } = history;
  const found = stored.unanswered > 0 ? [`${stored.unanswered} requests have no answer`] : [];
  for (const one of asked) {
    const { wish, code, signal, errors } = one;
    const name = `orch ${wish.kind} ${wish.dagId}`;
    if (code !== 0 && !gaveUpSlowly(one))
      found.push(`${name} ended with ${code ?? signal}: ${errors.trim().slice(-600)}`);
    if (code === 0) found.push(...undone(history, one).map((text) => `${name} was answered, but ${text}`));
  }
  return found;
}

function undone({ asked, stored, isCleared }: ScheduleHistory, { wish, printed }: Asked): string[] {
  const { dagId } = wish;
  if (wish.kind === 'backfill') {
    const backfill = stored.backfills.find((one) => String(one.backfillNo) === printed.trim());
    if (backfill?.state !== 'done') return [`it is ${backfill?.state ?? 'not there'}`];
    if (isCleared) return [];
    const about = new Set(stored.runs.flatMap((run) => (run.dagId === dagId ? [run.logicalAt] : [])));
    const seconds: number[] = [];
    for (let at = wish.fromAt; at <= wish.toAt; at += 1_000) if (!about.has(at)) seconds.push(at);
    return seconds.map((at) => `${new Date(at).toISOString()} has no run`);
  }
  if (wish.kind === 'trigger') {
    const isThere = stored.runs.some((run) => run.dagId === dagId && printed.includes(run.runId));
    return isThere || isCleared ? [] : ['there is no such run'];
  }
  const last = asked.findLast((one) => one.wish.dagId === dagId);
  if (last?.wish !== wish) return [];
  const isPaused = stored.dags.find((dag) => dag.dagId === dagId)?.paused;
  return isPaused === (wish.kind === 'pause') ? [] : [`it is ${isPaused ? '' : 'not '}paused`];
}

/** A standby that was ready leads soon, and goes on with what there is to do. */
export function slowTakeOvers({ takeOvers }: ScheduleHistory): string[] {
  return takeOvers.flatMap(({ ledMs, tookMs, moment }) => {
    if (ledMs === null || ledMs > LED_WITHIN_MS)
      return [`the lead was taken over after ${ledMs ?? 'no'} ms (${moment})`];
    return tookMs === null ? [`who took the lead over wrote nothing (${moment})`] : [];
  });
}
