import type { ExpressionScope } from '../expression/expression.ts';
import { parseTemplate, renderTemplate } from '../expression/template.ts';
import type { AlertMessage, AlertRule, ToldAlert } from '../model/alert.ts';
import type { Json } from '../model/json.ts';
import type { LiveAlert } from './alert-world.ts';
import { cut } from './raise.ts';

/** Alerts of which a message tells more than that they are there. */
const SHOWN_MAX = 5;
const TITLE_MAX = 250;
const TEXT_MAX = 8_000;
const LINE_MAX = 300;

/** A message with the rule that it is of. */
export interface RuleMessage {
  readonly rule: AlertRule;
  readonly message: AlertMessage;
}

interface Told {
  readonly rule: AlertRule;
  readonly kind: 'open' | 'resolved';
  readonly group: string;
  readonly alerts: readonly LiveAlert[];
  readonly id: string;
  readonly at: number;
}

/** What templates may read, beside the properties of `alert`. */
export const TEMPLATE_NAMES: readonly string[] = [
  'state',
  'rule',
  'level',
  'type',
  'group',
  'count',
  'at',
  'alert',
  'alerts',
];
/** The properties of `alert`, and of each of `alerts`. */
export const TEMPLATE_ALERT: readonly string[] = [
  'id',
  'title',
  'message',
  'dagId',
  'taskId',
  'runId',
  'count',
  'firstSeenAt',
  'lastSeenAt',
  'resolvedAt',
  'details',
];

/** Makes the message about some alerts of a rule. */
export function composeMessage({ rule, kind, group, alerts, id, at }: Told): RuleMessage {
  const about: Omit<AlertMessage, 'title' | 'text'> = {
    id,
    state: kind,
    rule: rule.name,
    level: rule.level,
    type: rule.on,
    group,
    at: iso(at),
    count: alerts.length,
    alerts: alerts.slice(0, SHOWN_MAX).map(toldAlert),
  };
  const scope = { ...about, alert: about.alerts[0] ?? null } as unknown as ExpressionScope;
  const title = rendered(rule.title, scope) ?? plainTitle(about);
  const text = rendered(rule.text, scope) ?? plainText(about);
  const message = { ...about, title: cut(oneLine(title), TITLE_MAX), text: cut(text, TEXT_MAX) };
  return { rule, message };
}

function toldAlert(alert: LiveAlert): ToldAlert {
  return {
    id: alert.alertId,
    title: alert.title,
    message: alert.message,
    dagId: alert.dagId,
    taskId: alert.taskId,
    runId: alert.runId,
    count: alert.count,
    firstSeenAt: iso(alert.firstSeenAt),
    lastSeenAt: iso(alert.lastSeenAt),
    resolvedAt: alert.resolvedAt === null ? null : iso(alert.resolvedAt),
    details: alert.details,
  };
}

/** `null` if there is no template, or it has no value for this message: then orch has its own words. */
function rendered(template: string | null, scope: ExpressionScope): string | null {
  if (template === null) return null;
  const parsed = parseTemplate(template);
  const result = parsed.ok ? renderTemplate(parsed.template, scope) : parsed;
  return result.ok ? asText(result.value) : null;
}

function asText(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function plainTitle({ state, count, alerts, group, rule }: Omit<AlertMessage, 'title' | 'text'>): string {
  const over = state === 'resolved' ? 'Over: ' : '';
  if (count === 1) return `${over}${alerts[0]?.title ?? rule}`;
  const where = group === '' ? '' : ` in ${group}`;
  return `${over}${count} alerts of ${rule}${where}: ${alerts[0]?.title ?? ''}, ...`;
}

function plainText({ state, count, alerts }: Omit<AlertMessage, 'title' | 'text'>): string {
  const lines = alerts.map((alert) => {
    const times = alert.count > 1 ? ` (seen ${alert.count} times)` : '';
    const run = alert.runId === null ? '' : ` Run ${alert.runId}.`;
    const what =
      state === 'resolved' ? `${alert.title}: it is over.` : `${alert.title}${times}: ${alert.message}`;
    return cut(oneLine(`${what}${run}`), LINE_MAX);
  });
  const more = count - alerts.length;
  return [...lines, ...(more > 0 ? [`... and ${more} more: orch alerts list`] : [])].join('\n');
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}

function iso(at: number): string {
  return new Date(at).toISOString();
}

/** A message that tells of nothing: whether a channel works. */
export function testMessage(id: string, channel: string, at: number): AlertMessage {
  return {
    id,
    state: 'test',
    rule: '',
    level: 'info',
    type: null,
    group: '',
    at: iso(at),
    title: 'orch: this is a test',
    text: `Messages of alerts that go to the channel ${channel} arrive here.`,
    count: 0,
    alerts: [],
  };
}
