import { isPutOff } from '../../core/planner/waits.ts';
import type { World } from '../../core/planner/world.ts';
import type { Waiting } from './history.ts';

/** Longer than a leader stands still or its store is busy. */
const PATIENCE_MS = 60_000;

/** Instances that are still put off although the time at which they go on is long over. */
export function overdue(world: World, now: number): Waiting[] {
  const found: Waiting[] = [];
  for (const run of world.runs.values()) {
    if (run.abort) continue;
    for (const [node, dueAt] of run.dueAt)
      if (isPutOff(run.state[node] as number) && dueAt + PATIENCE_MS < now)
        found.push({ runNo: run.record.runNo, nodeNo: node });
  }
  return found;
}
