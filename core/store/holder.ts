import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Clock } from '../model/clock.ts';
import type { JsonText } from '../model/json.ts';
import type { HolderRecord } from './holder-record.ts';
import { readText } from './stored-text.ts';

const BOOT_ID_FILE = '/proc/sys/kernel/random/boot_id';

/** This process as the holder of a lease: what other processes are told when they cannot have it. */
export function thisHolder(clock: Clock): JsonText {
  const holder: Omit<HolderRecord, 'epoch'> = {
    pid: process.pid,
    host: hostname(),
    bootId: bootId(),
    pidSpace: pidSpace(),
    since: clock.now(),
  };
  return JSON.stringify(holder);
}

/** A stored holder; `null` if the lease was given back. */
export function toHolder(epoch: number, holder: JsonText | null): HolderRecord | null {
  const known = readText<Omit<HolderRecord, 'epoch'>>('lease.holder', holder);
  return known === null ? null : { epoch, ...known };
}

/**
 * Whether a leader is known to be gone: it was a process of this machine, and the machine has it no more.
 * Process numbers of another machine, start or container say nothing here: then only time tells.
 */
export function isKnownDead(leader: HolderRecord): boolean {
  const [boot, space] = [bootId(), pidSpace()];
  if (boot === '' || space === '') return false;
  if (leader.host !== hostname() || leader.bootId !== boot || leader.pidSpace !== space) return false;
  try {
    process.kill(leader.pid, 0);
    return isZombie(leader.pid);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

/** Whether only the exit code of a process is left: in a container without an init nobody takes it. */
function isZombie(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name before the state stands in parentheses and may hold anything.
    const state = stat.charAt(stat.lastIndexOf(')') + 2);
    return state === 'Z' || state === 'X';
  } catch {
    return false;
  }
}

/** How messages name a leader. */
export function describeLeader(leader: HolderRecord | null): string {
  return leader === null ? 'another process' : `process ${leader.pid} on ${leader.host}`;
}

function bootId(): string {
  try {
    return readFileSync(BOOT_ID_FILE, 'utf8').trim();
  } catch {
    return '';
  }
}

function pidSpace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}
