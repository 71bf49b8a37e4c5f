import type { Action } from '../model/action.ts';
import type { BecauseCode, Facts } from '../model/because.ts';
import { type AttemptId, parseAttemptId, type RunNo } from '../model/ids.ts';
import type { PlannerEvent } from '../planner/plan.ts';

/** Faults in a row whose cause was not found, after which deciding makes no sense any more. */
const UNEXPLAINED_MAX = 5;
/** Of an error, as much as the journal keeps. */
const MESSAGE_MAX = 500;

/** What a failed turn was about, when it was about one thing only. */
export type Culprit = { readonly runNo: RunNo } | { readonly inboxId: number };

/**
 * Finds the run or the request that makes deciding fail, so that it alone is kept apart. After a fault every
 * run is read again and planned alone, first on trial, then for good in a turn of its own; the requests of
 * the failed turn get turns of their own too. What fails alone is the cause.
 */
export class Quarantine {
  /** Runs that this leader does not touch any more, with what went wrong. */
  readonly runs = new Map<RunNo, string>();
  /** Whether nobody tells this again when memory is dropped: what attempts do, and runs to go on with. */
  static readonly isKept = (event: PlannerEvent): boolean => {
    if (event.type !== 'request') return event.type === 'attempt';
    return event.request.kind === 'adopt' && event.request.inboxId === null;
  };
  readonly #runsAlone = new Set<RunNo>();
  readonly #requestsAlone = new Set<number>();
  #unexplained = 0;

  /** Takes the events of the next turn out of those that wait: all, unless one has to be decided alone. */
  take(waiting: PlannerEvent[]): PlannerEvent[] {
    if (this.#runsAlone.size === 0 && this.#requestsAlone.size === 0) return waiting.splice(0);
    const at = waiting.findIndex((event) => this.#isAlone(event));
    if (at !== 0) return waiting.splice(0, at < 0 ? waiting.length : at);
    const [first] = waiting;
    const runNo = first?.type === 'request' && first.request.kind === 'adopt' ? runOf(first) : null;
    let end = 1;
    while (isOutcomeOf(waiting[end], runNo)) end++;
    return waiting.splice(0, end);
  }

  /** What a failed turn was about, if it was about one thing only. */
  culpritOf(events: readonly PlannerEvent[]): Culprit | null {
    const [first] = events;
    if (first?.type !== 'request' || !this.#isAlone(first)) return null;
    const { inboxId } = first.request;
    return inboxId === null ? { runNo: runOf(first) as RunNo } : { inboxId };
  }

  /** A turn went well: what was decided alone in it is beyond suspicion. */
  acquit(events: readonly PlannerEvent[]): void {
    const [first] = events;
    if (first?.type !== 'request' || !this.#isAlone(first)) return;
    const { inboxId } = first.request;
    if (inboxId === null) this.#runsAlone.delete(runOf(first) as RunNo);
    else this.#requestsAlone.delete(inboxId);
  }

  /** Requests of a failed turn: each is decided alone when it comes again. */
  suspect(events: readonly PlannerEvent[]): void {
    for (const event of events) {
      if (event.type === 'request' && event.request.inboxId !== null) {
        this.#requestsAlone.add(event.request.inboxId);
      }
    }
  }

  /** A run that was read again after a fault: it is taken into memory in a turn of its own. */
  alone(runNo: RunNo): void {
    this.#runsAlone.add(runNo);
  }

  /** A cause was found. */
  found(culprit: Culprit): void {
    this.#unexplained = 0;
    if ('inboxId' in culprit) this.#requestsAlone.delete(culprit.inboxId);
    else this.#runsAlone.delete(culprit.runNo);
  }

  /**
   * No cause was found, yet.
   * @throws the error when that happened too often.
   */
  notFound(error: Error): void {
    if (++this.#unexplained >= UNEXPLAINED_MAX) throw error;
  }

  #isAlone(event: PlannerEvent): boolean {
    if (event.type !== 'request') return false;
    const { inboxId, kind } = event.request;
    if (inboxId !== null) return this.#requestsAlone.has(inboxId);
    return kind === 'adopt' && this.#runsAlone.has(runOf(event) as RunNo);
  }
}

function isOutcomeOf(event: PlannerEvent | undefined, runNo: RunNo | null): boolean {
  return event?.type === 'attempt' && runOf(event) === runNo;
}

/** The run that an event is about, if it names one. */
export function runOf(event: PlannerEvent): RunNo | null {
  if (event.type === 'attempt') return parseAttemptId(event.event.attemptId)?.run ?? null;
  if (event.type !== 'request') return null;
  const { request } = event;
  if ('run' in request) return request.run.record.runNo;
  return 'runNo' in request ? request.runNo : null;
}

/** A fault in the words that users see: one line, not too long. */
export function faultText(error: Error): string {
  const [first = ''] = error.message.split('\n');
  const text = error.name === 'AppError' || error.name === 'Error' ? first : `${error.name}: ${first}`;
  return text.slice(0, MESSAGE_MAX);
}

/** Attempts of a run among those that are with the executor. */
export function attemptsOf(runNo: RunNo, live: ReadonlySet<string>): AttemptId[] {
  return [...live].filter((id) => parseAttemptId(id)?.run === runNo) as AttemptId[];
}

/** Attempts whose end is among these events: they are neither with the executor any more nor lost. */
export function endedIn(events: readonly PlannerEvent[]): AttemptId[] {
  return events.flatMap((event) =>
    event.type === 'attempt' && event.event.type === 'attempt.ended' ? [event.event.attemptId] : [],
  );
}

/** Whether a run comes into being with these events: it is not stored yet. */
export function isNew(events: readonly PlannerEvent[], runNo: RunNo): boolean {
  return events.some(
    (event) => event.type === 'request' && event.request.kind === 'start' && runOf(event) === runNo,
  );
}

/** A fact about a run for the journal. */
export function note(runNo: RunNo, code: BecauseCode, facts: Facts | null): Action {
  return { type: 'note', runNo, nodeNo: null, tryNo: null, code, facts };
}

/** Whatever was thrown, as an error. */
export function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
