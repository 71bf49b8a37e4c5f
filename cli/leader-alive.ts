import { hostname } from 'node:os';
import type { LeaderRecord } from '../core/store/store.ts';

/** Whether the process that took the lead last still lives, as far as this machine can tell. */
export function leaderIsAlive(leader: LeaderRecord | null): boolean {
  if (leader === null) return false;
  if (leader.host !== hostname()) return true;
  try {
    process.kill(leader.pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
