import { setTimeout as delay } from 'node:timers/promises';
import { isAlive, killNow, livingProcesses } from './living-processes.ts';
import { GONE_WITHIN_MS } from './violations.ts';

/** Between two looks at all processes of the machine, each of which costs some milliseconds. */
const LOOK_EVERY_MS = 20;

export interface DeadLeader {
  readonly dir: string;
  readonly epoch: number;
  /** Its keepers. */
  readonly keepers: ReadonlySet<number>;
  /** In monotonic time. */
  readonly diedAt: number;
}

/** Watches how long what a dead leader had started lives on: milliseconds, or twice the limit. */
export async function watchRemains({ dir, epoch, keepers, diedAt }: DeadLeader): Promise<number> {
  const isLeft = (): boolean =>
    livingProcesses(dir).some((one) => (one.epoch === null ? keepers.has(one.pid) : one.epoch <= epoch));
  while (isLeft() && performance.now() - diedAt < 2 * GONE_WITHIN_MS) await delay(LOOK_EVERY_MS);
  return Math.round(performance.now() - diedAt);
}

/** Ends what lives of a project that nobody works on any more; how many lived for too long. */
export async function endRemains(dir: string): Promise<number> {
  const until = performance.now() + GONE_WITHIN_MS;
  while (livingProcesses(dir).length > 0 && performance.now() < until) await delay(LOOK_EVERY_MS);
  const left = livingProcesses(dir);
  for (const { pid } of left) if (isAlive(pid)) killNow(pid);
  return left.length;
}
