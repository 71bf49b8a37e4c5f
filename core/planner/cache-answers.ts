import type { CacheAnswer } from './cache-lookups.ts';
import { evaluateNode } from './readiness.ts';
import type { Turn } from './turn.ts';

/** Decides about instances for which the cache was read; answers to forgotten questions are passed over. */
export function onCacheRead(turn: Turn, answers: readonly CacheAnswer[]): void {
  const { lookups } = turn.world;
  for (const answer of answers) {
    const lookup = lookups.find(answer.id);
    if (!lookup) continue;
    const { run, node } = lookup;
    lookup.answer = answer;
    evaluateNode(turn, run, node, run.templateOf(node));
    lookups.close(lookup);
  }
}
