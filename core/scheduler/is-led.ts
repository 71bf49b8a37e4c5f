import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { hasLeader } from './door.ts';
import { leaderSocket } from './paths.ts';
import type { Project } from './project.ts';

/**
 * Whether a process leads the store of a project. One on this machine answers its socket; of one on another
 * machine only the lease is known, and believed.
 */
export async function isLed(project: Project): Promise<boolean> {
  if (await hasLeader(leaderSocket(project.stateDir))) return true;
  const leader = await project.store.leader();
  return leader !== null && leader.host !== hostname();
}

/**
 * A guess without a wait whether a process of this machine leads the store in a state folder: the socket of a
 * leader is there. One that was killed has left it.
 */
export function seemsLed(stateDir: string): boolean {
  try {
    return existsSync(leaderSocket(stateDir));
  } catch {
    return true;
  }
}
