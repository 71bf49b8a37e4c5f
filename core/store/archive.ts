import type { InstanceChange } from '../model/action.ts';
import { isFinished, S } from '../model/states.ts';

/**
 * Whether a change replaces an attempt that must be kept: the instance goes on to its next attempt, or a
 * finished one is put back to `none` by a retry or loses its key. (The later ways have kept it already when
 * the next attempt comes.) An attempt that only put the instance off is not kept.
 */
export function endsAttempt(change: InstanceChange): boolean {
  if (change.fromTry === 0) return false;
  const loses = change.to === S.removed && isFinished(change.from);
  if (change.from === S.waiting) return false;
  return loses || change.tryNo > change.fromTry || change.to === S.none;
}

/** Text that both databases can store: PostgreSQL refuses the character NUL. */
export function storable(text: string): string {
  return text.includes('\0') ? text.replaceAll('\0', '\uFFFD') : text;
}
