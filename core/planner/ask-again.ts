import type { RunWorld } from './run-world.ts';
import type { Turn } from './turn.ts';

/** Has an instance whose attempt is over be looked at again at an instant: the next attempt is due then. */
export function askAgainAt({ world, now }: Turn, run: RunWorld, node: number, dueAt: number): void {
  run.dueAt.set(node, dueAt);
  const atMono = now.mono + Math.max(0, dueAt - now.at);
  world.addRetry({ atMono, run, node, tryNo: run.tryNo[node] as number });
}
