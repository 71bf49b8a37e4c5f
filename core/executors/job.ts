import type { AttemptOrder, LogRange, Outcome, StopReason } from '../model/attempt.ts';
import type { Lane } from './lanes.ts';

/** An attempt as the leader's side of the executor knows it, from its submission to its end. */
export interface Job {
  readonly order: AttemptOrder;
  /** Wall time; 0 while it waits. */
  startedAt: number;
  lane: Lane | null;
  stop: StopReason | null;
  /** It is held still, and has so much of its time left, in ms; `null`: it is not. */
  stillLeftMs: number | null;
  /** Its processes were told to end. */
  killed: boolean;
  /** Its number at the turnstile of its runner, if it was sent behind another attempt. */
  turn: number | null;
  /** Group of its command; `null` for one that runs in a runner. */
  group: string | null;
  /** What the attempt ended with, while its processes are still being ended. */
  ending: { readonly outcome: Outcome; readonly log: LogRange | null } | null;
}

export function newJob(order: AttemptOrder): Job {
  return {
    order,
    startedAt: 0,
    lane: null,
    stop: null,
    stillLeftMs: null,
    killed: false,
    turn: null,
    group: null,
    ending: null,
  };
}
