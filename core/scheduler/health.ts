import type { Clock } from '../model/clock.ts';
import { isKnownDead } from '../store/holder.ts';
import type { LeaderRecord } from '../store/holder-record.ts';
import type { Store } from '../store/store.ts';

/** A leader says this often that it gets on, also when nothing happens. */
export const BEAT_MS = 10_000;
/** After so long without a sign its loop is taken for stuck: three beats. */
export const SILENT_MAX_MS = 3 * BEAT_MS;

/** What the store says of whoever leads it. */
export interface LoopFacts {
  /** `null` if nobody leads, as far as can be seen from here. */
  readonly leader: LeaderRecord | null;
  /** For how long the oldest request without an answer has waited, in ms; `null` if there is none. */
  readonly oldestRequestMs: number | null;
}

/** Whether the loop that decides gets on, whatever its process looks like. */
export type LoopHealth =
  | { readonly state: 'no leader' }
  | { readonly state: 'ok'; readonly silentMs: number }
  /** It gave no sign for too long, or does not answer. */
  | { readonly state: 'stalled'; readonly why: 'silent' | 'deaf'; readonly ms: number };

/** The health of a loop by the signs that it gives: a process that lives and does nothing is not well. */
export function healthOf({ leader, oldestRequestMs }: LoopFacts): LoopHealth {
  if (leader === null) return { state: 'no leader' };
  const { silentMs } = leader;
  if (silentMs > SILENT_MAX_MS) return { state: 'stalled', why: 'silent', ms: silentMs };
  if (oldestRequestMs !== null && oldestRequestMs > SILENT_MAX_MS)
    return { state: 'stalled', why: 'deaf', ms: oldestRequestMs };
  return { state: 'ok', silentMs };
}

/** What the store of a project says of its leader; one that died on this machine is none. */
export async function readLoop(
  store: Pick<Store, 'leader' | 'pendingRequests'>,
  clock: Clock,
): Promise<LoopFacts> {
  const last = await store.leader();
  const leader = last === null || isKnownDead(last) ? null : last;
  const oldest = leader === null ? undefined : (await store.pendingRequests())[0];
  return { leader, oldestRequestMs: oldest === undefined ? null : clock.now() - oldest.createdAt };
}
