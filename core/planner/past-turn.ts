import { evaluateNode } from './readiness.ts';
import type { Turn } from './turn.ts';

/** Decides anew about what waits in runs of whose past more has changed than one instance. */
export function wakeChanged(turn: Turn): void {
  const { changed } = turn.world.pasts;
  for (const past of changed) {
    changed.delete(past);
    for (const node of past.take()) evaluateNode(turn, past.run, node, past.run.templateOf(node));
  }
}
