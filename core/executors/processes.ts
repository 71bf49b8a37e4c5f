import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { uptime } from 'node:os';

/** What the system tells about a process. */
export interface ProcessFacts {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  /** Dead, but not yet taken note of by its parent. */
  readonly zombie: boolean;
  /** Start time in clock ticks since boot: with pid and boot id it names a process for good. */
  readonly start: string;
}

const linux = process.platform === 'linux';

/** Changes with every boot of the machine. */
export function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return `up-${Math.round((performance.timeOrigin / 1000 - uptime()) / 60)}`;
  }
}

/** Every process id of this machine; empty where there is no /proc. */
export function processIds(): number[] {
  if (!linux) return [];
  try {
    return readdirSync('/proc').map(Number).filter(Number.isInteger);
  } catch {
    return [];
  }
}

/** Facts of a process from /proc; `null` if it is gone. */
export function processFacts(pid: number): ProcessFacts | null {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return null;
  }
  // The name stands in parentheses and may hold anything.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const zombie = fields[0] === 'Z' || fields[0] === 'X';
  return { pid, parent: Number(fields[1]), group: Number(fields[2]), zombie, start: fields[19] ?? '' };
}

/** This process and all its ancestors. */
export function ownLine(): Set<number> {
  const line = new Set([process.pid, process.ppid]);
  for (let pid = processFacts(process.ppid)?.parent ?? 0; pid > 0; pid = processFacts(pid)?.parent ?? 0)
    line.add(pid);
  return line;
}

/** What tells a process from a later one with the same id; `null` if it is gone. */
export function startOf(pid: number): string | null {
  if (linux) return processFacts(pid)?.start ?? null;
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || null;
  } catch {
    return null;
  }
}

/**
 * Resident memory of a process in bytes, 0 if it is gone. `shared` pages count in part with `proportional`.
 */
export function residentBytes(pid: number, proportional = false): number {
  const file = proportional ? 'smaps_rollup' : 'status';
  const pattern = proportional ? /^Pss:\s+(\d+) kB/m : /^VmRSS:\s+(\d+) kB/m;
  try {
    const match = pattern.exec(readFileSync(`/proc/${pid}/${file}`, 'latin1'));
    return match ? Number(match[1]) * 1024 : 0;
  } catch {
    return 0;
  }
}

/** Whether the environment that a process was started with holds all of the given `NAME=value` texts. */
export function hasEnvironment(pid: number, entries: readonly string[]): boolean {
  try {
    const environment = `\0${readFileSync(`/proc/${pid}/environ`, 'latin1')}`;
    return entries.every((entry) => environment.includes(`\0${entry}\0`));
  } catch {
    return false;
  }
}

/** Sends a signal; `false` if nobody is there (or it is not ours to signal). A negative pid is a group. */
export function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, name);
    return true;
  } catch {
    return false;
  }
}

/** Whether a process of the group lives; those that are dead but not yet reaped do not count. */
export function groupAlive(group: number): boolean {
  if (!signal(-group, 0)) return false;
  if (!linux) return true;
  return processIds().some((pid) => {
    const facts = processFacts(pid);
    return facts !== null && facts.group === group && !facts.zombie;
  });
}

/**
 * Kills every process whose environment holds the given entries, until a look finds none: processes that left
 * their group are found so. Returns those that still lived after several looks: they cannot be killed now.
 * Needs /proc; elsewhere it does nothing.
 *
 * @param above only processes with a greater id, unless ids began anew since
 */
export function killByEnvironment(
  entries: readonly string[],
  spare: ReadonlySet<number>,
  above = 0,
): readonly number[] {
  if (!linux) return [];
  const floor = above > 0 && lastProcessId() >= above ? above : 0;
  const killed = new Set<number>();
  for (let round = 0; round < KILL_ROUNDS; round++) {
    const marked = processIds().filter(
      (pid) => pid > floor && !spare.has(pid) && hasEnvironment(pid, entries),
    );
    for (const pid of marked) {
      if (isDead(pid)) continue;
      killed.add(pid);
      signal(pid, 'SIGKILL');
    }
    // One that is dying has no environment any more, but is not dead yet.
    for (const pid of killed) if (isDead(pid)) killed.delete(pid);
    if (killed.size === 0) return [];
    Atomics.wait(sleeper, 0, 0, 1);
  }
  return [...killed];
}

const KILL_ROUNDS = 20;
const sleeper = new Int32Array(new SharedArrayBuffer(4));

function isDead(pid: number): boolean {
  return processFacts(pid)?.zombie ?? true;
}

/** The id given to the newest process of the machine. */
function lastProcessId(): number {
  try {
    return Number(readFileSync('/proc/loadavg', 'latin1').trim().split(' ')[4]);
  } catch {
    return 0;
  }
}
