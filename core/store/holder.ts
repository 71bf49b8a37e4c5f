import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Clock } from '../model/clock.ts';
import type { JsonText } from '../model/json.ts';
import type { LeaderRecord } from './store.ts';

const BOOT_ID_FILE = '/proc/sys/kernel/random/boot_id';

/** This process as the holder of a lease: what other processes are told when they cannot have it. */
export function thisHolder(clock: Clock): JsonText {
  const holder: Omit<LeaderRecord, 'epoch'> = {
    pid: process.pid,
    host: hostname(),
    bootId: bootId(),
    since: clock.now(),
  };
  return JSON.stringify(holder);
}

/** A stored holder; `null` if the lease was given back. */
export function toLeader(epoch: number, holder: JsonText | null): LeaderRecord | null {
  return holder === null ? null : { epoch, ...(JSON.parse(holder) as Omit<LeaderRecord, 'epoch'>) };
}

/** How messages name a leader. */
export function describeLeader(leader: LeaderRecord | null): string {
  return leader === null ? 'another process' : `process ${leader.pid} on ${leader.host}`;
}

function bootId(): string {
  try {
    return readFileSync(BOOT_ID_FILE, 'utf8').trim();
  } catch {
    return '';
  }
}
