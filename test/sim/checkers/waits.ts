import { BECAUSE_CODES } from '../../../core/model/because.ts';
import type { TaskSpec } from '../../../core/model/dag.ts';
import { TASK_STATES } from '../../../core/model/states.ts';
import type { SimHistory, Violation, Witness, Written } from '../history.ts';
import { isUndisturbed, jumpedSince } from './clock-jumps.ts';
import { Replay, type RunNow } from './replay.ts';

/** A sensor looks for so long unless it says otherwise, and a task that puts itself off. */
const GIVE_UP_MS = 7 * 86_400_000;
const ITERATIONS_MAX = 100;
/** How far apart the clock of an attempt and the tick that decides about it may be. */
const SLACK_MS = 1_500;
const PUTS_OFF = ['not_yet', 'deferred', 'looped'];

/** What an instance has behind it since it was last done from the beginning, as its attempts tell it. */
interface Round {
  readonly startedAt: number;
  readonly startedMono: number;
  readonly calls: number;
  /** Calls that ended well, but without what the loop waits for. */
  readonly iterations: number;
  readonly state: string | null;
  /** Not before this, by the monotonic clock; `null` once it has gone on. */
  readonly dueMono: number | null;
  readonly endedMono: number;
  /** Its time is over by then: it is not asked again. */
  readonly isLast: boolean;
}

/** Everything that one look at a history knows. */
interface Sight {
  readonly history: SimHistory;
  readonly begins: ReadonlyMap<string, Witness>;
  readonly ends: ReadonlyMap<string, Witness>;
  readonly rounds: Map<string, Round>;
  readonly found: Violation[];
}

/**
 * Sensors, deferrals and loops: S3 nothing is asked again before its time, S13 nothing beyond its time or
 * its iterations, S11 how it ends follows from what its attempts said, S10 an attempt is given what the one
 * before it left, L3 what is due goes on, whoever leads.
 */
export function checkWaits(history: SimHistory): Violation[] {
  const { witness, written } = history;
  const found: Violation[] = history.overdue
    .filter(({ atMono }) => !jumpedSince(history, atMono))
    .map(({ runNo, nodeNo }) => ({ invariant: 'L3', text: `${runNo}.${nodeNo} is due and does not go on` }));
  const byWord = (isStart: boolean) =>
    new Map(witness.filter(({ word }) => (word === 'START') === isStart).map((one) => [one.attemptId, one]));
  const sight: Sight = { history, begins: byWord(true), ends: byWord(false), rounds: new Map(), found };
  const replay = new Replay(history);
  let at = 0;
  const upTo = (seq: number): void => {
    for (; at < seq; at++) follow(sight, replay, written[at] as Written);
  };
  for (const sign of witness) {
    upTo(sign.seq);
    if (sign.word === 'START') checkGiven(sight, sign);
  }
  upTo(written.length);
  return found;
}

function follow(sight: Sight, replay: Replay, written: Written): void {
  replay.apply(written);
  for (const action of written.actions) {
    if (action.type !== 'instance') continue;
    const { runNo, nodeNo, tryNo } = action;
    const run = replay.runs.get(runNo) as RunNow;
    const id = `${runNo}.${nodeNo}`;
    const code = BECAUSE_CODES[action.because] as string;
    const to = TASK_STATES[action.to] as string;
    const task = run.layout.at(nodeNo).spec as TaskSpec;
    if (to === 'none') sight.rounds.delete(id);
    else if (to === 'waiting' && PUTS_OFF.includes(code)) putOff(sight, task, id, tryNo, code);
    else if (to === 'queued') askAgain(sight, id, written);
    else if (code === 'sensor_timed_out' || code === 'deferred_too_long')
      giveUp(sight, task, id, to, code, written);
    else if (task.loop !== undefined) endLoop(sight, task, id, tryNo, code);
  }
}

/** An attempt has put its task off: what it said decides until when. */
function putOff(sight: Sight, task: TaskSpec, id: string, tryNo: number, code: string): void {
  const { begins, ends, rounds, found } = sight;
  const attemptId = `${id}.${tryNo}`;
  const [begin, end] = [begins.get(attemptId), ends.get(attemptId)];
  const isDone = code === 'looped';
  const said = end?.outcome === (isDone ? 'success' : 'deferred');
  if (!begin || !end || !said || (isDone && holdsIn(end))) {
    found.push({ invariant: 'S11', text: `${attemptId} is ${code}, and its body did not say so` });
    return;
  }
  const before = rounds.get(id);
  const afterMs = isDone ? (task.loop?.delayMs ?? 0) : (end.deferral?.afterMs ?? task.sensor?.everyMs ?? 0);
  const startedAt = before?.startedAt ?? begin.at;
  const giveUpMs = isDone || task.loop ? Number.POSITIVE_INFINITY : (task.sensor?.giveUpMs ?? GIVE_UP_MS);
  const leftMs = Math.max(0, startedAt + giveUpMs - end.at);
  const calls = (before?.calls ?? 0) + 1;
  const iterations = (before?.iterations ?? 0) + (isDone ? 1 : 0);
  const most = task.loop?.maxIterations ?? ITERATIONS_MAX;
  if (isDone && iterations >= most)
    found.push({ invariant: 'S13', text: `${id} is done again after ${iterations} iterations of ${most}` });
  rounds.set(id, {
    startedAt,
    startedMono: before?.startedMono ?? begin.atMono,
    calls,
    iterations,
    state: isDone ? (end.output ?? null) : (end.deferral?.state ?? null),
    dueMono: end.atMono + Math.min(afterMs, leftMs),
    endedMono: end.atMono,
    isLast: afterMs > leftMs + SLACK_MS,
  });
}

/** An instance that was put off gets its next attempt. */
function askAgain({ history, rounds, found }: Sight, id: string, { atMono }: Written): void {
  const round = rounds.get(id);
  if (round === undefined || round.dueMono === null) return;
  rounds.set(id, { ...round, dueMono: null });
  if (!isUndisturbed(history, round.startedMono, atMono)) return;
  const earlyMs = round.dueMono - atMono;
  if (earlyMs > 1) found.push({ invariant: 'S3', text: `${id} is asked again ${earlyMs} ms too early` });
  if (round.isLast) found.push({ invariant: 'S13', text: `${id} is asked again after its time was over` });
}

function giveUp(
  { history, rounds, found }: Sight,
  { sensor }: TaskSpec,
  id: string,
  to: string,
  code: string,
  { atMono }: Written,
): void {
  const round = rounds.get(id);
  const wanted = sensor?.softFail ? 'skipped' : 'failed';
  if ((code === 'sensor_timed_out') !== (sensor !== undefined) || to !== wanted)
    found.push({ invariant: 'S11', text: `${id} gives up (${code}) and is ${to}, not ${wanted}` });
  const lookedMs = atMono - (round?.startedMono ?? atMono);
  const mostMs = sensor?.giveUpMs ?? GIVE_UP_MS;
  if (round && isUndisturbed(history, round.startedMono, atMono) && lookedMs + 1 < mostMs)
    found.push({ invariant: 'S3', text: `${id} gives up after ${lookedMs} ms of ${mostMs}` });
}

/** A loop ends well only when its condition holds, and gives up only after its last iteration. */
function endLoop(
  { ends, rounds, found }: Sight,
  task: TaskSpec,
  id: string,
  tryNo: number,
  code: string,
): void {
  const end = ends.get(`${id}.${tryNo}`);
  const isBad = code === 'succeeded' && end !== undefined && !holdsIn(end);
  if (isBad) found.push({ invariant: 'S11', text: `${id} ends well, but its condition does not hold` });
  const iterations = (rounds.get(id)?.iterations ?? 0) + 1;
  const most = task.loop?.maxIterations ?? ITERATIONS_MAX;
  if (code === 'loop_spent' && iterations !== most)
    found.push({ invariant: 'S13', text: `${id} gives up after ${iterations} of ${most} iterations` });
}

/** Whether the condition of every loop of a world, `output.ok`, holds for what a body gave. */
function holdsIn({ output }: Witness): boolean {
  if (output === undefined || output === null) return false;
  const value = JSON.parse(output) as { ok?: unknown } | null;
  return value?.ok === true;
}

/** What a body finds of the attempts before it is what those said that were stored. */
function checkGiven({ rounds, found }: Sight, { attemptId, wait }: Witness): void {
  const round = rounds.get(attemptId.slice(0, attemptId.lastIndexOf('.')));
  const [given, wanted] = [wait ?? { calls: 0, state: null }, round ?? { calls: 0, state: null }];
  if (given.calls !== wanted.calls || given.state !== wanted.state)
    found.push({
      invariant: 'S10',
      text: `${attemptId} is given ${given.calls} ${given.state}, not ${wanted.calls} ${wanted.state}`,
    });
}
