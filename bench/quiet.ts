import { cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs } from './body.ts';

const WINDOW_MS = 200;
const IDLE_SHARE_MIN = 0.9;

function cpuTimes(): { readonly idle: number; readonly all: number } {
  const times = cpus().map((cpu) => cpu.times);
  const idle = times.reduce((sum, one) => sum + one.idle, 0);
  const busy = times.reduce((sum, one) => sum + one.user + one.nice + one.sys + one.irq, 0);
  return { idle, all: idle + busy };
}

/**
 * Waits until the cores are 90 % idle over 200 ms, at most `maxMs`; the idle share of the last window, 0 to
 * 1.
 */
export async function quiet(maxMs: number): Promise<number> {
  const until = monotonicMs() + maxMs;
  for (;;) {
    const before = cpuTimes();
    await sleep(WINDOW_MS);
    const after = cpuTimes();
    const share = (after.idle - before.idle) / Math.max(1, after.all - before.all);
    if (share >= IDLE_SHARE_MIN || monotonicMs() >= until) return share;
  }
}
