import type { AlertRule } from '../model/alert.ts';
import { type AlertGroup, type AlertWishes, type AlertWorld, Draft, type LiveAlert } from './alert-world.ts';
import type { RuleMessage } from './compose.ts';
import { endsAt, find, settleQuiet } from './find.ts';
import type { Observation } from './observation.ts';
import { tell } from './tell.ts';

/** What comes of observations: to be stored as a whole, and only then true. */
export interface AlertDecision {
  readonly world: AlertWorld;
  /** Alerts that are new or have changed. */
  readonly alerts: readonly LiveAlert[];
  /** Those of them that began, began again, or are over. */
  readonly turned: readonly LiveAlert[];
  /** Groups that have changed, and those that are forgotten. */
  readonly groups: readonly AlertGroup[];
  readonly goneGroups: readonly Pick<AlertGroup, 'rule' | 'group'>[];
  readonly messages: readonly RuleMessage[];
  /** When to look again if nothing happens; infinite: not at all. */
  readonly nextAt: number;
}

/** What a decision is made of. */
export interface AlertInput {
  readonly world: AlertWorld;
  readonly rules: readonly AlertRule[];
  readonly observations: readonly Observation[];
  readonly wishes: AlertWishes;
  readonly now: number;
  readonly newId: () => string;
}

/** Decides what is wrong, what is over, and what is to be told now. Changes nothing that it is given. */
export function observe({ world, rules, observations, wishes, now, newId }: AlertInput): AlertDecision {
  const draft = new Draft(world, rules, now, newId);
  for (const observation of observations) find(draft, observation);
  settleQuiet(draft);
  const messages = tell(draft, wishes);
  const groups: AlertGroup[] = [];
  const goneGroups: Pick<AlertGroup, 'rule' | 'group'>[] = [];
  for (const key of draft.changedGroups) {
    const group = draft.groups.get(key);
    const at = key.indexOf(' ');
    if (group === undefined) goneGroups.push({ rule: key.slice(0, at), group: key.slice(at + 1) });
    else groups.push(group);
  }
  const alerts = [...draft.changedAlerts.values()];
  return {
    world: draft.world,
    alerts,
    turned: alerts.filter(({ alertId }) => draft.turned.has(alertId)),
    groups,
    goneGroups,
    messages,
    nextAt: nextAt(draft),
  };
}

function nextAt({ groups, alerts, rules }: Draft): number {
  let at = Number.POSITIVE_INFINITY;
  for (const { dueAt, recoverAt } of groups.values())
    at = Math.min(at, dueAt ?? Number.POSITIVE_INFINITY, recoverAt ?? Number.POSITIVE_INFINITY);
  for (const alert of alerts.values()) {
    const rule = rules.get(alert.rule);
    if (rule !== undefined) at = Math.min(at, endsAt(rule, alert) ?? Number.POSITIVE_INFINITY);
  }
  return at;
}

/** Whether a decision is to be stored: nothing has changed otherwise. */
export function isNews({ alerts, groups, goneGroups, messages }: AlertDecision): boolean {
  return alerts.length + groups.length + goneGroups.length + messages.length > 0;
}
