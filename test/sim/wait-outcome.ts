import type { AttemptOrder, Outcome } from '../../core/model/attempt.ts';
import { chanceFor } from './chance.ts';
import { isLoop, isPatient } from './wide-dag.ts';

/**
 * How an attempt of a wide world ends that only puts its task off, or that may be done again; `null`: like
 * every other. `name` is that of the attempt.
 */
export function waitOutcome(seed: number, order: AttemptOrder, name: string): Outcome | null {
  const { sensor, taskPath, dagId, runUid, run } = order.definition;
  const random = chanceFor(seed, `waits ${name}`);
  const by = order.attemptId;
  const state = random.chance(0.7) ? { state: JSON.stringify({ by }) } : {};
  if (!sensor && isLoop(seed, dagId, taskPath)) {
    if (random.chance(0.15)) return deferred(random.pick([500, 20_000]), state);
    const output = { by, ok: random.chance(0.35), list: ['L1', 'L2'] };
    return random.chance(0.7) ? { kind: 'success', output: JSON.stringify(output) } : null;
  }
  if (!sensor) return random.chance(0.05) ? deferred(random.pick([500, 20_000, 900_000]), state) : null;
  const what = `${dagId} ${run.logicalDate ?? runUid} ${taskPath} ${order.keys.join('/')}`;
  const isInVain = !isPatient(seed, dagId, taskPath) && chanceFor(seed, `in vain ${what}`).chance(0.25);
  if (!isInVain && random.chance(0.45)) return null;
  return random.chance(0.2) ? deferred(random.pick([500, 90_000]), state) : { kind: 'deferred', ...state };
}

function deferred(afterMs: number, state: { state?: string }): Outcome {
  return { kind: 'deferred', afterMs, ...state };
}
