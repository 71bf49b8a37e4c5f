import type { AlertWishes } from '../../../core/alerting/alert-world.ts';
import { worldOf } from '../../../core/alerting/alert-world.ts';
import type { Observation } from '../../../core/alerting/observation.ts';
import { type AlertDecision, observe } from '../../../core/alerting/observe.ts';
import type { AlertMessage, AlertRule } from '../../../core/model/alert.ts';

export const MINUTE = 60_000;
const NO_WISHES: AlertWishes = { mutes: [], acknowledged: new Set() };

/** A rule with the defaults of the config. */
export function rule(more: Partial<AlertRule> = {}): AlertRule {
  return {
    name: 'broken',
    on: 'task_failure',
    level: 'error',
    dags: [],
    tasks: [],
    resource: null,
    threshold: 0,
    forMs: MINUTE,
    channels: ['ops'],
    groupBy: 'dag',
    windowMs: 10_000,
    coolDownMs: 30 * MINUTE,
    tellsRecovery: true,
    title: null,
    text: null,
    ...more,
  };
}

/** A task that ended. */
export function task(
  at: number,
  state: 'success' | 'failed',
  more: Partial<Extract<Observation, { type: 'task' }>> = {},
): Observation {
  const of = { dagId: 'market', runId: 'r1', taskId: 'clean', name: 'clean' };
  const why = state === 'failed' ? { reason: 'error', error: 'boom' } : { reason: null, error: null };
  return { type: 'task', at, state, ...of, ...why, durationMs: null, medianMs: null, ...more };
}

/** Keeps what was decided, as the leader does, and all messages. */
export class MemoryDesk {
  readonly rules: readonly AlertRule[];
  readonly messages: AlertMessage[] = [];
  wishes: AlertWishes = NO_WISHES;
  last: AlertDecision | null = null;
  #ids = 0;

  constructor(...rules: readonly AlertRule[]) {
    this.rules = rules;
  }

  /** Looks at an instant, and has whatever is due until then looked at when it is. */
  look(now: number, ...observations: readonly Observation[]): AlertDecision {
    for (let at = this.last?.nextAt ?? now; at < now; at = this.last?.nextAt ?? now) this.#observe(at, []);
    return this.#observe(now, observations);
  }

  titles(): string[] {
    return this.messages.map(({ title }) => title);
  }

  #observe(now: number, observations: readonly Observation[]): AlertDecision {
    this.last = observe({
      world: this.last?.world ?? worldOf([], []),
      rules: this.rules,
      observations,
      wishes: this.wishes,
      now,
      newId: () => `id${++this.#ids}`,
    });
    for (const { message } of this.last.messages) this.messages.push(message);
    return this.last;
  }
}
