import type { AlertRule } from '../model/alert.ts';
import {
  type AlertGroup,
  type AlertWishes,
  type Draft,
  type LiveAlert,
  mutes,
  ofRule,
} from './alert-world.ts';
import { composeMessage, type RuleMessage } from './compose.ts';

/** Messages of one rule and kind within a minute; what is more is told together when it is over. */
const BURST_MAX = 5;
const BURST_MS = 60_000;
/** What a mute without an end holds back is looked at again after so long: it may have been taken back. */
const MUTED_AGAIN_MS = 30_000;

type Kind = 'open' | 'resolved';

/** Makes the messages that are due. */
export function tell(draft: Draft, wishes: AlertWishes): RuleMessage[] {
  const messages: RuleMessage[] = [];
  for (const kind of ['open', 'resolved'] as const) {
    const byRule = new Map<string, AlertGroup[]>();
    for (const group of draft.groups.values()) {
      if ((dueOf(group, kind) ?? Number.POSITIVE_INFINITY) > draft.now) continue;
      const known = byRule.get(group.rule);
      if (known === undefined) byRule.set(group.rule, [group]);
      else known.push(group);
    }
    if (byRule.size === 0) continue;
    const alerts = alertsOf(draft, byRule);
    for (const [name, groups] of byRule) {
      const rule = draft.rules.get(name);
      if (rule === undefined) for (const group of groups) draft.dropGroup(ofRule(name, group.group));
      else messages.push(...tellRule(draft, { rule, kind, groups, alerts, wishes }));
    }
  }
  dropIdle(draft);
  return messages;
}

interface Due {
  readonly rule: AlertRule;
  readonly kind: Kind;
  readonly groups: readonly AlertGroup[];
  readonly alerts: ReadonlyMap<string, readonly LiveAlert[]>;
  readonly wishes: AlertWishes;
}

function dueOf(group: AlertGroup, kind: Kind): number | null {
  return kind === 'open' ? group.dueAt : group.recoverAt;
}

/** The alerts of groups of some rules, by rule and group. */
function alertsOf(draft: Draft, rules: ReadonlyMap<string, unknown>): Map<string, LiveAlert[]> {
  const found = new Map<string, LiveAlert[]>();
  for (const alert of draft.alerts.values()) {
    if (!rules.has(alert.rule)) continue;
    const key = ofRule(alert.rule, alert.group);
    const known = found.get(key);
    if (known === undefined) found.set(key, [alert]);
    else known.push(alert);
  }
  return found;
}

function tellRule(draft: Draft, due: Due): RuleMessage[] {
  const { rule, kind, groups } = due;
  const key = ofRule(rule.name, kind);
  const recent = (draft.sends.get(key) ?? []).filter((at) => at > draft.now - BURST_MS);
  const room = BURST_MAX - recent.length;
  if (room <= 0) {
    const nextAt = (recent[0] as number) + BURST_MS;
    for (const group of groups) draft.putGroup(withDue(group, kind, nextAt));
    return [];
  }
  const told = groups.flatMap((group) => {
    const alerts = take(draft, due, group);
    return alerts.length === 0 ? [] : [{ group, alerts }];
  });
  const isTogether = told.length > room;
  const parts = isTogether ? [told] : told.map((one) => [one]);
  draft.sends.set(key, [...recent, ...parts.map(() => draft.now)]);
  return parts.map((part) => {
    const alerts = part.flatMap((one) => one.alerts);
    const group = part.length === 1 ? (part[0]?.group.group ?? '') : '';
    return composeMessage({ rule, kind, group, alerts, id: draft.newId(), at: draft.now });
  });
}

/** Takes what a group has to tell; nobody is told of it again. */
function take(draft: Draft, { rule, kind, alerts, wishes }: Due, group: AlertGroup): LiveAlert[] {
  const { now } = draft;
  const ofGroup = alerts.get(ofRule(rule.name, group.group)) ?? [];
  const isMuted = (alert: LiveAlert): boolean => wishes.mutes.some((mute) => mutes(mute, alert, now));
  if (kind === 'resolved') {
    const over = ofGroup.filter(({ isClosing }) => isClosing);
    for (const alert of over) draft.putAlert({ ...alert, isClosing: false });
    draft.putGroup({ ...group, recoverAt: null });
    return over.filter((alert) => !isMuted(alert));
  }
  const news = ofGroup.filter(
    ({ alertId, state, count, told }) =>
      state === 'open' && count > told && !wishes.acknowledged.has(alertId),
  );
  const loud = news.filter((alert) => !isMuted(alert));
  for (const alert of loud) draft.putAlert({ ...alert, told: alert.count });
  const sentAt = loud.length > 0 ? now : group.sentAt;
  const dueAt = loud.length < news.length ? now + MUTED_AGAIN_MS : null;
  draft.putGroup({ ...group, sentAt, dueAt });
  return loud;
}

function withDue(group: AlertGroup, kind: Kind, at: number): AlertGroup {
  return kind === 'open' ? { ...group, dueAt: at } : { ...group, recoverAt: at };
}

/** Forgets groups that have nothing to tell and are through with their cool-down. */
function dropIdle(draft: Draft): void {
  for (const [key, { rule, sentAt, dueAt, recoverAt }] of draft.groups) {
    if (dueAt !== null || recoverAt !== null) continue;
    const coolDownMs = draft.rules.get(rule)?.coolDownMs ?? 0;
    if (sentAt === null || sentAt + coolDownMs <= draft.now) draft.dropGroup(key);
  }
}
