import type { AlertRule } from '../model/alert.ts';
import type { JsonObject } from '../model/json.ts';
import { type Draft, type LiveAlert, ofRule } from './alert-world.ts';

/** Something that is wrong, as a rule has found it. */
export interface Finding {
  readonly fingerprint: string;
  readonly title: string;
  readonly message: string;
  readonly details: JsonObject;
  readonly dagId: string | null;
  readonly taskId: string | null;
  readonly runId: string | null;
}

/** As much of a message as an alert keeps. */
const MESSAGE_MAX = 2_000;

/** Takes note of what is wrong: it is a new alert, or one more time of one that is there. */
export function raise(draft: Draft, rule: AlertRule, at: number, finding: Finding): void {
  const known = draft.alerts.get(ofRule(rule.name, finding.fingerprint));
  const seen = { ...finding, message: cut(finding.message, MESSAGE_MAX), lastSeenAt: at, level: rule.level };
  const alert: LiveAlert =
    known === undefined
      ? { ...fresh(draft, rule, finding), ...seen, firstSeenAt: at, count: 1 }
      : { ...known, ...seen, ...reopened(known), count: known.count + 1 };
  draft.putAlert(alert);
  if (known === undefined || known.state === 'resolved') draft.turned.add(alert.alertId);
  const group = draft.group(rule.name, alert.group);
  if (group.dueAt !== null) return;
  const coolAt = group.sentAt === null ? 0 : group.sentAt + rule.coolDownMs;
  draft.putGroup({ ...group, dueAt: Math.max(draft.now + rule.windowMs, coolAt) });
}

/** What a rule has found is over. It is told of what was told. */
export function settle(draft: Draft, alert: LiveAlert, at: number): void {
  if (alert.state === 'resolved') return;
  const isClosing = alert.told > 0 && (draft.rules.get(alert.rule)?.tellsRecovery ?? false);
  draft.putAlert({ ...alert, state: 'resolved', resolvedAt: at, isClosing });
  draft.turned.add(alert.alertId);
  const group = draft.group(alert.rule, alert.group);
  const windowMs = draft.rules.get(alert.rule)?.windowMs ?? 0;
  if (isClosing && group.recoverAt === null) draft.putGroup({ ...group, recoverAt: draft.now + windowMs });
}

function fresh(draft: Draft, rule: AlertRule, finding: Finding) {
  return {
    alertId: draft.newId(),
    rule: rule.name,
    type: rule.on,
    group: groupOf(rule, finding),
    state: 'open' as const,
    acknowledgedBy: null,
    acknowledgedAt: null,
    resolvedAt: null,
    told: 0,
    isClosing: false,
  };
}

/** One that was over a moment ago and comes again is still the same, and nothing of its end is told. */
function reopened({ state, acknowledgedAt }: LiveAlert) {
  if (state !== 'resolved') return { state };
  const again = acknowledgedAt === null ? ('open' as const) : ('acknowledged' as const);
  return { state: again, resolvedAt: null, isClosing: false };
}

function groupOf({ groupBy }: AlertRule, { dagId, taskId, runId }: Finding): string {
  if (groupBy === 'rule' || dagId === null) return '';
  if (groupBy === 'dag') return dagId;
  if (groupBy === 'task' && taskId !== null) return `${dagId}.${taskId}`;
  return groupBy === 'run' && runId !== null ? `${dagId} ${runId}` : dagId;
}

/** The beginning of a text that is too long. */
export function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1).toWellFormed()}…`;
}
