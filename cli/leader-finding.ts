import { healthOf, readLoop } from '../core/scheduler/health.ts';
import type { Project } from '../core/scheduler/project.ts';
import type { Finding } from './examine.ts';
import { spanText } from './render/time-text.ts';

/** Who leads a project, and whether it gets on: a process that lives may do nothing. */
export async function leaderFinding({ store, clock }: Project, isAlive: boolean): Promise<Finding> {
  const facts = await readLoop(store, clock);
  const { leader } = facts;
  const topic = 'leader';
  if (!isAlive || leader === null) return { level: 'ok', topic, text: 'no process leads now' };
  const who = `process ${leader.pid} on ${leader.host}`;
  const health = healthOf(facts);
  if (health.state !== 'stalled') return { level: 'ok', topic, text: who };
  const since = spanText(health.ms);
  return {
    level: 'problem',
    topic,
    text:
      health.why === 'silent'
        ? `${who} leads and has given no sign for ${since}: it stands still`
        : `${who} leads and has left a request without an answer for ${since}`,
    advice: 'if it does not go on, end it: a scheduler that stands by, or the next one, takes over',
  };
}
