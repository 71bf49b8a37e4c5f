import type { TaskContext } from 'orch';

/** The instant that a run is about, epoch ms: its slot, or now for a run by hand. */
export function runInstant(ctx: TaskContext): number {
  return ctx.run.logicalDate === null ? Date.now() : Date.parse(ctx.run.logicalDate);
}
