import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** What a scheduler and the processes below it hold at an instant. */
export interface Holding {
  /** Of the process that leads: resident memory in MiB, and open files. */
  readonly leaderMib: number;
  readonly leaderFiles: number;
  /** Of all processes below it. */
  readonly othersMib: number;
  readonly processes: number;
  /** Bytes of the database and of its log, in MiB. */
  readonly databaseMib: number;
  readonly logMib: number;
}

/** Looks at a process and everything below it; reads /proc. */
export function holdingOf(pid: number, stateDir: string): Holding {
  const below = familyOf(pid);
  return {
    leaderMib: statusKib(pid, 'VmRSS') / 1024,
    leaderFiles: readdirSync(`/proc/${pid}/fd`).length,
    othersMib: below.reduce((sum, one) => sum + statusKib(one, 'VmRSS'), 0) / 1024,
    processes: below.length + 1,
    databaseMib: mib(join(stateDir, 'orch.db')),
    logMib: mib(join(stateDir, 'orch.db-wal')),
  };
}

function mib(path: string): number {
  return (statSync(path, { throwIfNoEntry: false })?.size ?? 0) / 1024 ** 2;
}

function statusKib(pid: number, field: string): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(read(`/proc/${pid}/status`))?.[1] ?? 0);
}

function familyOf(pid: number): number[] {
  const parents = new Map(
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((name) => [Number(name), Number(/^PPid:\s+(\d+)/m.exec(read(`/proc/${name}/status`))?.[1])]),
  );
  const family = new Set([pid]);
  for (let size = 0; size < family.size; ) {
    size = family.size;
    for (const [child, parent] of parents) if (family.has(parent)) family.add(child);
  }
  family.delete(pid);
  return [...family];
}

/** Empty for a process that has ended meanwhile. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
