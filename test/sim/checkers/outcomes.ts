import { TASK_STATES } from '../../../core/model/states.ts';
import type { SimHistory, Violation } from '../history.ts';

/** How long the end of an attempt may wait for its decision after the next transaction. */
const DECIDED_WITHIN_MS = 1_500;
/** What keeps a leader from deciding, or the word of an attempt from reaching it. */
const IN_THE_WAY = ['freeze', 'late', 'twice'];

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
  const setAside = new Set(
    history.runs
      .filter(({ journal }) => journal.some(({ because }) => because.code === 'quarantined'))
      .map(({ run }) => run.runNo as number),
  );
  const lastMono = history.written.at(-1)?.atMono ?? 0;
  const obstacles = history.struck.filter(({ kind }) => IN_THE_WAY.includes(kind));
  for (const { word, attemptId, atMono, epoch, leads } of history.witness) {
    if (word !== 'END' || epoch !== leads) continue;
    if (setAside.has(Number(attemptId.split('.')[0]))) continue;
    // A busy store keeps back what ends meanwhile, up to the next transaction and no longer.
    const next = history.written.find((one) => one.atMono >= atMono);
    const untilMono = decidedAt.get(attemptId) ?? lastMono;
    const waitedMs = untilMono - (next?.atMono ?? untilMono);
    if (waitedMs <= DECIDED_WITHIN_MS) continue;
    const later = history.written.find((one) => one.atMono >= (next?.atMono ?? 0) + DECIDED_WITHIN_MS);
    if (next?.epoch !== epoch || later?.epoch !== epoch) continue;
    if (obstacles.some((one) => one.atMono >= atMono - 60_000 && one.atMono <= untilMono)) continue;
    found.push({
      invariant: 'L3',
      text: `${attemptId} ended and was decided ${waitedMs} ms after the next transaction`,
    });
  }
  return found;
}
