import { isFinished, S, type TaskState } from '../../core/model/states.ts';
import { badJournal } from '../checkers/journal-walk.ts';
import { outlivedSuccessor, startedTwice } from '../checkers/started-once.ts';
import type { Fault, History, Launch, Stored, StoredRun, WitnessLine } from './history.ts';

/** Processes of a dead leader may live so long. */
export const GONE_WITHIN_MS = 5_000;

/** What a run must come to, whatever was killed. */
export interface Expected {
  /** Task instances. */
  readonly tasks: number;
  /** Outputs of the tasks that give one. */
  readonly outputs: { readonly [name: string]: unknown };
}

/** What the run of the DAG `storm` comes to. */
export const STORM: Expected = {
  tasks: 13,
  outputs: { names: ['a', 'bb', 'ccc'], 'each[a].push': 1, 'each[bb].push': 2, 'each[ccc].push': 3, sum: 6 },
};

/** Everything in a history of command lines that must not be. */
export function violations(history: History, expected: Expected = STORM): string[] {
  const { witness, faults, launches, stored, givenUp, leftAtEnd } = history;
  return [
    ...(givenUp === null ? [] : [givenUp]),
    ...startedTwice(witness),
    ...overlaps(witness),
    ...survivors(faults, leftAtEnd),
    ...badLaunches(launches),
    ...badRuns(stored, expected),
    ...keptLead(stored, launches),
    ...stored.runs.flatMap((run) => badJournal(run)),
    ...stored.runs.flatMap((run) => disagreements(run, witness)),
  ];
}

/**
 * No attempt starts while a process of an earlier one of its instance lives: it sees none, and none writes
 * after it.
 */
export function overlaps(witness: readonly WitnessLine[]): string[] {
  const seen = witness.filter(({ saw }) => saw.length > 0);
  return [
    ...seen.map(
      ({ attemptId, saw }) => `${attemptId} started while processes of earlier attempts lived: ${saw}`,
    ),
    ...outlivedSuccessor(witness),
  ];
}

/** Nothing outlives a dead leader for long, and nothing the last command line. */
export function survivors(faults: readonly Fault[], leftAtEnd: number): string[] {
  const slow = faults.filter((fault) => (fault.goneAfterMs ?? 0) > GONE_WITHIN_MS);
  return [
    ...slow.map((fault) => `processes lived ${fault.goneAfterMs} ms after the leader (${fault.moment})`),
    ...(leftAtEnd === 0 ? [] : [`${leftAtEnd} processes lived after the last command line had ended`]),
  ];
}

/**
 * Whether a command line gave up because the machine was too slow for its deadlines: the next start goes on
 * as after a kill. Counted, so that nobody takes a round on such a machine for more than it is.
 */
export function gaveUpSlowly({ errors }: Pick<Launch, 'errors'>): boolean {
  return SLOW.some((sentence) => errors.includes(sentence));
}

const SLOW = [
  '"rule":"deadline"',
  'Timeout exceeded when trying to connect',
  'due to connection timeout',
  'does not answer within',
  'connection error and is not queryable',
];

/** Whoever starts again goes on with the run and says so; whoever is not killed ends well. */
export function badLaunches(launches: readonly Launch[]): string[] {
  return launches.flatMap((launch) => {
    const { command, expects, started, code, signal, hadCompany, errors } = launch;
    const found: string[] = [];
    if (started && command !== 'watch' && expects !== null) {
      if (started.runId !== expects) found.push(`orch ${command} went on with another run than ${expects}`);
      if (!started.resumed) found.push(`orch ${command} did not say that it resumes`);
    }
    // Who wants to watch, and finds that nobody is at work any more, is told what to do.
    const nobodyToWatch = command === 'watch' && code === 5;
    const somebodyAtWork = command === 'retry' && code === 5 && hadCompany;
    if (signal === null && code !== 0 && !nobodyToWatch && !somebodyAtWork && !gaveUpSlowly(launch))
      found.push(`orch ${command} ended with ${code}: ${errors.trim().slice(-600)}`);
    return found;
  });
}

/** One run, finished well, with the right outputs, and nothing unfinished beside it. */
export function badRuns({ runs, unanswered, problems }: Stored, expected: Expected): string[] {
  const found = [...problems];
  if (runs.length !== 1) found.push(`${runs.length} runs came of one trigger`);
  if (unanswered > 0) found.push(`${unanswered} requests have no answer`);
  for (const { runId, state, tasks } of runs) {
    if (state !== 'success') found.push(`run ${runId} is ${state}`);
    if (tasks.length !== expected.tasks) found.push(`run ${runId} has ${tasks.length} task instances`);
    for (const task of tasks) {
      if (task.state !== 'success') found.push(`${task.name} is ${task.state}`);
      const wanted = expected.outputs[task.name];
      if (wanted !== undefined && JSON.stringify(wanted) !== JSON.stringify(task.output))
        found.push(`${task.name} gave ${JSON.stringify(task.output)}`);
      if (task.state !== 'success' && !isFinished(S[task.state as TaskState]))
        found.push(`${task.name} is left unfinished`);
    }
  }
  return found;
}

/** Who was not killed gives the lead back. */
export function keptLead({ leaderPid }: Stored, launches: readonly Launch[]): string[] {
  const keeper = launches.find((launch) => launch.pid === leaderPid && launch.signal === null);
  return keeper ? [`orch ${keeper.command} ended and did not give the lead back`] : [];
}

/** What bodies witnessed is what the store has: no attempt more, and one that succeeded began and ended. */
export function disagreements(run: StoredRun, witness: readonly WitnessLine[]): string[] {
  const found: string[] = [];
  const began = new Set<string>();
  const ended = new Set<string>();
  for (const { word, attemptId } of witness) {
    if (word === 'START') began.add(attemptId);
    if (word === 'END') ended.add(attemptId);
  }
  const known = new Set<string>();
  for (const { nodeNo, name, state, attempts } of run.tasks) {
    for (let tryNo = 1; tryNo <= attempts; tryNo++) known.add(`${run.runNo}.${nodeNo}.${tryNo}`);
    const last = `${run.runNo}.${nodeNo}.${attempts}`;
    if (state === 'success' && !(began.has(last) && ended.has(last)))
      found.push(`${name} is done, but ${last} was not seen to end`);
  }
  const own = [...began].filter((id) => id.startsWith(`${run.runNo}.`));
  for (const id of own) if (!known.has(id)) found.push(`${id} was seen, but the store does not have it`);
  const queued = run.journal.filter((line) => line.nodeNo !== null && line.to === 'queued');
  const given = new Set(queued.map((line) => `${run.runNo}.${line.nodeNo}.${line.tryNo}`));
  for (const id of own) if (!given.has(id)) found.push(`${id} was seen, but was never handed out`);
  if (given.size !== queued.length) found.push('an attempt was handed out twice');
  return found;
}
