import { closeSync, openSync, readSync } from 'node:fs';

/** Kept open: a look is taken between two orders, and opening the file takes longer than reading it. */
let loadFile: number | null | undefined;
const buffer = Buffer.alloc(64);

function open(): number | null {
  try {
    return openSync('/proc/loadavg', 'r');
  } catch {
    return null;
  }
}

/** Threads of this machine that run or want to, this one included. Needs /proc; elsewhere 1. */
export function runnableThreads(): number {
  if (loadFile === undefined) loadFile = open();
  if (loadFile === null) return 1;
  try {
    const length = readSync(loadFile, buffer, 0, buffer.length, 0);
    const [running] = buffer.toString('latin1', 0, length).split(' ')[3]?.split('/') ?? [];
    return Number(running ?? 1);
  } catch {
    closeSync(loadFile);
    loadFile = null;
    return 1;
  }
}
