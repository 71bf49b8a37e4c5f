import { statfs } from 'node:fs/promises';
import type { Static } from 'typebox';
import { healthOf, readLoop } from '../core/scheduler/health.ts';
import type { SystemHealth } from './schemas/scheduler.ts';
import type { Services } from './services.ts';

type Check = Static<typeof SystemHealth>['checks'][number];

/** Whether all of it is well: what is looked at, and not what processes look like. */
export async function readHealth(
  services: Services,
  needsLeader: boolean,
): Promise<Static<typeof SystemHealth>> {
  const checks = [
    await checkStore(services),
    await checkScheduler(services, needsLeader),
    await checkDisk(services),
  ];
  return { status: checks.every(({ ok }) => ok) ? 'ok' : 'degraded', checks };
}

async function checkStore({ store }: Services): Promise<Check> {
  try {
    await store.counters();
    return { name: 'store', ok: true, text: 'The database answers.' };
  } catch {
    return { name: 'store', ok: false, text: 'The database does not answer.' };
  }
}

async function checkScheduler({ store, clock }: Services, needsLeader: boolean): Promise<Check> {
  const name = 'scheduler';
  try {
    const health = healthOf(await readLoop(store, clock));
    if (health.state === 'ok') return { name, ok: true, text: 'The loop that decides gets on.' };
    if (health.state === 'no leader') return { name, ok: !needsLeader, text: 'No process leads.' };
    const seconds = Math.round(health.ms / 1_000);
    const what = health.why === 'silent' ? 'has given no sign' : 'has left a request without an answer';
    return { name, ok: false, text: `The loop that decides ${what} for ${seconds} s.` };
  } catch {
    return { name, ok: false, text: 'The database does not tell whether the loop that decides gets on.' };
  }
}

async function checkDisk({ stateDir, config }: Services): Promise<Check> {
  const { bavail, bsize } = await statfs(stateDir);
  const freeMb = Math.floor((bavail * bsize) / 1_000_000);
  const ok = bavail * bsize >= config.retention.diskFreeBytes && bavail > 0;
  const text = `${freeMb} MB are free on the disk of the state folder.`;
  return { name: 'disk', ok, text };
}
