import { join } from 'node:path';
import type { Operation } from '../kill-points.ts';

/** Places in a scheduler that have a name: calls before, during and after which it may be struck. */
export const PLACES = {
  /** The commit that makes the run of a slot. */
  slot: 'commit of a run of a slot',
  /** The commit that answers a request. */
  answer: 'commit of an answer',
  /** Any other commit. */
  tick: 'commit',
  /** An attempt is handed to the executor, after its commit. */
  handOver: 'hand-over of an attempt',
  /** A version of an edited DAG is stored. */
  reload: 'store of an edited DAG',
  /** The janitor deletes runs. */
  janitor: 'deletion of old runs',
  /** The lead is taken. */
  lead: 'taking of the lead',
  /** The new leader reads what is not finished. */
  takeUp: 'read of unfinished runs',
  /** The new leader leads as a scheduler: all files are looked at. */
  schedule: 'start as a scheduler',
} as const;
export type Place = keyof typeof PLACES;

/** `during`: the call has been made and has not come back, where it is not done at once. */
export type When = 'before' | 'during' | 'after';

/** A point that is armed: who comes there first for the n-th time from now on strikes itself. */
export interface ArmedPoint {
  /** Given once in a round. */
  readonly id: number;
  readonly role: 'leader' | 'keeper';
  readonly place: Place | Operation;
  readonly when: When;
  readonly nth: number;
  readonly signal: 'SIGKILL' | 'SIGSTOP';
}

/** What the process that was struck wrote right before. */
export interface Struck {
  readonly pid: number;
  /** Wall time in epoch milliseconds. */
  readonly at: number;
}

/** Where the harness puts the point that is armed. */
export function armedFile(dir: string): string {
  return join(dir, 'point.armed');
}

/** What a process writes before it strikes itself. */
export function struckFile(dir: string, id: number): string {
  return join(dir, `point-${id}.struck`);
}
