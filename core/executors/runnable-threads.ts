import { readFileSync } from 'node:fs';

/** Threads of this machine that run or want to, this one included. Needs /proc; elsewhere 1. */
export function runnableThreads(): number {
  try {
    const [running] = readFileSync('/proc/loadavg', 'latin1').split(' ')[3]?.split('/') ?? [];
    return Number(running ?? 1);
  } catch {
    return 1;
  }
}
