import { TASK_STATES } from '../../../core/model/states.ts';
import type { SimHistory, Violation } from '../history.ts';

/** How long the end of an attempt may wait for its decision when nothing but a busy store is in the way. */
const DECIDED_WITHIN_MS = 10_000;
/** What keeps a leader from deciding, or the word of an attempt from reaching it. */
const IN_THE_WAY = ['freeze', 'late', 'twice', 'stale', 'throw', 'lostAnswer', 'killBefore', 'killAfter'];

/** L3: what ended is decided soon, by the leader that heard of it. */
export function checkOutcomes(history: SimHistory): Violation[] {
  const found: Violation[] = [];
  const decidedAt = new Map<string, number>();
  for (const { actions, atMono } of history.written) {
    for (const action of actions) {
      if (action.type !== 'instance') continue;
      const to = TASK_STATES[action.to] as string;
      const id = `${action.runNo}.${action.nodeNo}.${action.tryNo}`;
      if (to !== 'queued' && to !== 'running' && !decidedAt.has(id)) decidedAt.set(id, atMono);
    }
  }
  const lastMono = history.written.at(-1)?.atMono ?? 0;
  const obstacles = history.struck.filter(({ kind }) => IN_THE_WAY.includes(kind));
  for (const { word, attemptId, atMono, epoch, leads } of history.witness) {
    if (word !== 'END' || epoch !== leads) continue;
    const untilMono = decidedAt.get(attemptId) ?? lastMono;
    const waitedMs = untilMono - atMono;
    if (waitedMs <= DECIDED_WITHIN_MS) continue;
    const decider = history.written.find((one) => one.atMono >= atMono + DECIDED_WITHIN_MS);
    if (decider === undefined || decider.epoch !== epoch) continue;
    if (obstacles.some((one) => one.atMono >= atMono - 60_000 && one.atMono <= untilMono)) continue;
    found.push({ invariant: 'L3', text: `${attemptId} ended and was decided ${waitedMs} ms later` });
  }
  return found;
}
