import type { TaskError } from '../model/attempt.ts';
import type { Because } from '../model/because.ts';
import {
  holdsSlot,
  isFinished,
  isRunFinished,
  type Reason,
  type RunState,
  TASK_STATES,
  type TaskState,
} from '../model/states.ts';
import type { ObservedAttempt, ObservedLine, ObservedRun, ObservedTask } from './observed.ts';

/** Where something happened in a run. */
interface InRun {
  readonly run: ObservedRun;
  /** The line by which the run began once more after an end; `null`: this is its first time. */
  readonly reopenedBy: number | null;
  readonly at: number;
}

/** Where something happened in a task instance. */
interface InTask extends InRun {
  readonly task: ObservedTask;
  readonly attempt: ObservedAttempt;
}

/** How an attempt or an instance ended. */
interface Ended {
  /** `null`: nothing of it ever began. */
  readonly startedAt: number | null;
  readonly to: TaskState;
  readonly because: Because;
  readonly reason: Reason | null;
  readonly error: TaskError | null;
}

/** What happened, as spans, figures and lineage events are made of it. */
export type Occurrence =
  | (InRun & { readonly type: 'run.started' })
  | (InRun & {
      readonly type: 'run.ended';
      readonly startedAt: number;
      readonly state: RunState;
      readonly because: Because;
    })
  /** An attempt began that is the first since the instance was fresh. */
  | (InTask & { readonly type: 'task.started' })
  | (InTask & Ended & { readonly type: 'attempt.ended'; readonly startedAt: number })
  | (InTask & Ended & { readonly type: 'task.ended' });

/** What of a line is not written in it. */
export interface LineContext {
  readonly reopenedBy: number | null;
  /** `null` for nodes that people do not see. */
  readonly task: ObservedTask | null;
  /** When the first attempt since the instance was fresh began. */
  readonly firstStartedAt: number | null;
}

/** Whether a line opens a run that had ended. */
export function isReopening(line: ObservedLine): boolean {
  return line.attempt === null && line.from !== null && isRunFinished(line.from) && !isRunFinished(line.to);
}

/** Whether a line says how an instance ended; a mark of one that had ended already says nothing of that. */
export function endsTask({ attempt, from, to }: ObservedLine): boolean {
  if (attempt === null || !isFinished(codeOf(to)) || isFinished(codeOf(from))) return false;
  return to !== 'not_selected' && (to !== 'removed' || holdsSlot(codeOf(from)));
}

/** What happened by a line, in order. */
export function occurrencesOf(line: ObservedLine, context: LineContext): readonly Occurrence[] {
  if (line.attempt === null) return ofRun(line, context);
  return context.task === null ? [] : ofTask(line, line.attempt, context.task, context);
}

function ofRun(
  { run, at, from, to, because }: ObservedLine & { attempt: null },
  { reopenedBy }: LineContext,
): readonly Occurrence[] {
  const began = from === null || from === 'queued';
  const started: Occurrence[] =
    began && (to === 'running' || isRunFinished(to)) ? [{ type: 'run.started', run, reopenedBy, at }] : [];
  if (!isRunFinished(to) || (from !== null && isRunFinished(from))) return started;
  const startedAt =
    run.startedAt !== null && run.startedAt <= at ? run.startedAt : Math.min(run.createdAt, at);
  return [...started, { type: 'run.ended', run, reopenedBy, at, startedAt, state: to, because }];
}

function ofTask(
  line: ObservedLine & { attempt: ObservedAttempt },
  attempt: ObservedAttempt,
  task: ObservedTask,
  { reopenedBy, firstStartedAt }: LineContext,
): readonly Occurrence[] {
  const { run, at, from, to, because } = line;
  const { tryNo, tryBase, startedAt, endedAt, reason, error } = attempt;
  const where = { run, reopenedBy, task, attempt };
  const found: Occurrence[] = [];
  const held = holdsSlot(codeOf(from));
  const isFirst = tryNo === tryBase + 1;
  // An attempt that is short has no line of its own for its beginning.
  const begins = to === 'running' || (from === 'queued' && !holdsSlot(codeOf(to)));
  if (held && begins && isFirst && startedAt !== null)
    found.push({ ...where, type: 'task.started', at: startedAt });
  // The rows of an attempt may say more by now than at the time of the line.
  const endAt = endedAt === null ? at : Math.min(endedAt, at);
  const ended = { ...where, to, because, reason, error };
  if (held && !holdsSlot(codeOf(to)) && startedAt !== null)
    found.push({ ...ended, type: 'attempt.ended', startedAt, at: Math.max(startedAt, endAt) });
  if (!endsTask(line)) return found;
  const began = tryNo > tryBase ? firstStartedAt : waited(line);
  found.push({ ...ended, type: 'task.ended', startedAt: began, at: Math.max(began ?? 0, held ? endAt : at) });
  return found;
}

/** People were asked, without an attempt. */
function waited({ from, attempt }: ObservedLine): number | null {
  return from === 'waiting' ? (attempt?.startedAt ?? null) : null;
}

function codeOf(state: TaskState | RunState | null): number {
  return TASK_STATES.indexOf(state as TaskState);
}
