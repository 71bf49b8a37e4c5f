import { type AlertRule, type AlertType, isNamed } from '../model/alert.ts';
import { durationText } from '../model/duration.ts';
import type { JsonObject } from '../model/json.ts';
import { type Draft, type LiveAlert, ofRule } from './alert-world.ts';
import type { Observation } from './observation.ts';
import { cut, raise, settle } from './raise.ts';

type Of<Type extends Observation['type']> = Extract<Observation, { type: Type }>;

/** Names of failing instances that an alert keeps; of more it keeps how many. */
const FAILING_MAX = 100;
/** A task that takes less time is never too slow. */
const SLOW_LEAST_MS = 1_000;
/** An error of orch is over when there was none for so long, or for the cool-down if that is longer. */
const QUIET_MS = 600_000;
/** What was not seen for so long is over: its task or DAG may be gone. Nobody is told. */
const FORGOTTEN_MS = 30 * 86_400_000;
/** Why an alert is over that nothing has settled. */
const RULE_GONE = 'its rule is gone';
const NOT_SEEN = 'it was not seen for 30 days';
const TITLE_MAX = 200;

/** Has every rule look at what was observed. */
export function find(draft: Draft, observation: Observation): void {
  for (const rule of draft.rules.values()) look(draft, rule, observation);
}

function look(draft: Draft, rule: AlertRule, observation: Observation): void {
  switch (observation.type) {
    case 'sample':
      return onSample(draft, rule, observation);
    case 'error':
      if (rule.on === 'system_error') onError(draft, rule, observation);
      return;
    case 'task':
      if (!isNamed(rule.dags, observation.dagId) || !isNamed(rule.tasks, observation.taskId)) return;
      if (rule.on === 'task_failure') onTask(draft, rule, observation);
      else if (rule.on === 'performance') onDuration(draft, rule, observation);
      return;
    default:
      if (isNamed(rule.dags, observation.dagId)) onRun(draft, rule, observation);
  }
}

function onRun(draft: Draft, rule: AlertRule, observation: Of<'run' | 'deadline'>): void {
  const wrong: AlertType = observation.type === 'run' ? 'run_failure' : 'deadline';
  const { at, dagId, runId, because } = observation;
  if (observation.type === 'run' && observation.state === 'success') {
    if (rule.on === 'run_failure' || rule.on === 'deadline') settleAt(draft, rule, dagId, at);
    return;
  }
  if (rule.on !== wrong) return;
  const title =
    observation.type === 'run'
      ? `A run of ${dagId} failed`
      : `A run of ${dagId} ${observation.isPassed ? 'has missed' : 'may miss'} its deadline`;
  raise(draft, rule, at, {
    fingerprint: dagId,
    title,
    message: because,
    details: {},
    dagId,
    taskId: null,
    runId,
  });
}

function onTask(draft: Draft, rule: AlertRule, task: Of<'task'>): void {
  const { at, dagId, taskId, runId, name, state, reason, error } = task;
  const fingerprint = `${dagId}.${taskId}`;
  const known = draft.alerts.get(ofRule(rule.name, fingerprint));
  const before = known === undefined ? { names: [], more: 0 } : failingOf(known.details);
  if (state === 'failed') {
    const isListed = before.names.includes(name);
    const isKept = isListed || before.names.length < FAILING_MAX;
    const names = isListed || !isKept ? before.names : [...before.names, name];
    const details = { reason, failing: names, failingMore: before.more + (isKept ? 0 : 1) };
    const title = cut(`Task ${taskId} of ${dagId} failed`, TITLE_MAX);
    const message = error ?? `It failed: ${reason ?? 'no reason is known'}.`;
    raise(draft, rule, at, { fingerprint, title, message, details, dagId, taskId, runId });
    return;
  }
  if (known === undefined || known.state === 'resolved') return;
  const names = before.names.filter((one) => one !== name);
  // One beyond the list has no name: the success of another run stands for it.
  const isMore = names.length === before.names.length && before.more > 0 && runId !== known.runId;
  const more = before.more - (isMore ? 1 : 0);
  if (names.length === before.names.length && !isMore) return;
  const left: LiveAlert = {
    ...known,
    details: { ...known.details, failing: names, failingMore: more },
  };
  if (names.length === 0 && more === 0) settle(draft, left, at);
  else draft.putAlert(left);
}

function failingOf(details: JsonObject): { readonly names: readonly string[]; readonly more: number } {
  const { failing, failingMore } = details;
  return { names: Array.isArray(failing) ? (failing as string[]) : [], more: Number(failingMore ?? 0) };
}

function onDuration(draft: Draft, rule: AlertRule, task: Of<'task'>): void {
  const { at, dagId, taskId, runId, name, state, durationMs, medianMs } = task;
  if (state !== 'success' || durationMs === null || medianMs === null) return;
  const fingerprint = `${dagId}.${taskId}`;
  if (durationMs < SLOW_LEAST_MS || durationMs <= rule.threshold * medianMs)
    return settleAt(draft, rule, fingerprint, at);
  const times = medianMs === 0 ? 'far more' : `${(durationMs / medianMs).toFixed(1)} times as much`;
  raise(draft, rule, at, {
    fingerprint,
    title: cut(`Task ${taskId} of ${dagId} is slow`, TITLE_MAX),
    message: `${name} took ${durationText(durationMs)}, ${times} as half of its earlier successes.`,
    details: { durationMs, medianMs },
    dagId,
    taskId,
    runId,
  });
}

function onError(draft: Draft, rule: AlertRule, { at, message, dagId, runId }: Of<'error'>): void {
  if (dagId !== null && !isNamed(rule.dags, dagId)) return;
  raise(draft, rule, at, {
    fingerprint: dagId ?? '',
    title: dagId === null ? 'orch has failed at something' : `orch has failed at a run of ${dagId}`,
    message,
    details: {},
    dagId,
    taskId: null,
    runId,
  });
}

function onSample(draft: Draft, rule: AlertRule, sample: Of<'sample'>): void {
  const measured = measure(rule, sample);
  if (measured === null) return;
  const { what, value, text } = measured;
  const key = ofRule(rule.name, what);
  if (value < rule.threshold) {
    draft.holding.delete(key);
    return settleAt(draft, rule, what, sample.at);
  }
  const since = draft.holding.get(key) ?? sample.at;
  draft.holding.set(key, since);
  if (sample.at - since < rule.forMs && !draft.alerts.has(key)) return;
  const none = { dagId: null, taskId: null, runId: null };
  const details = { value, threshold: rule.threshold };
  raise(draft, rule, sample.at, {
    fingerprint: what,
    title: measured.title,
    message: text,
    details,
    ...none,
  });
}

interface Measured {
  readonly what: string;
  readonly value: number;
  readonly title: string;
  readonly text: string;
}

function measure(rule: AlertRule, { resources, lagMs, queued }: Of<'sample'>): Measured | null {
  const { resource, threshold } = rule;
  if (rule.on === 'resource' && resource !== null && resources !== null) {
    const value = Math.round(resources[resource] * 10) / 10;
    const title = { cpu: 'The CPUs are busy', memory: 'Memory is short', disk: 'The disk is nearly full' };
    const text = `${value} % of the ${resource} is in use; the limit is ${threshold} %.`;
    return { what: resource, value, title: title[resource], text };
  }
  if (rule.on === 'scheduler_lag') {
    const value = lagMs / 1_000;
    const text = `It is ${durationText(Math.round(lagMs))} behind; the limit is ${threshold} s.`;
    return { what: 'lag', value, title: 'The scheduler is behind', text };
  }
  if (rule.on !== 'queue_length') return null;
  const text = `${queued} attempts wait for a slot; the limit is ${threshold}.`;
  return { what: 'queue', value: queued, title: 'Many attempts wait', text };
}

function settleAt(draft: Draft, rule: AlertRule, fingerprint: string, at: number): void {
  const alert = draft.alerts.get(ofRule(rule.name, fingerprint));
  if (alert !== undefined) settle(draft, alert, at);
}

/** When an alert is over if nothing more happens; `null`: it is not over by itself. */
export function endsAt({ coolDownMs, on }: AlertRule, alert: LiveAlert): number | null {
  if (alert.state === 'resolved') return null;
  if (on !== 'system_error') return alert.lastSeenAt + FORGOTTEN_MS;
  return alert.lastSeenAt + Math.max(QUIET_MS, coolDownMs);
}

/** Settles what is over because nothing more happened, and what no rule looks at any more. */
export function settleQuiet(draft: Draft): void {
  for (const alert of draft.alerts.values()) {
    const rule = draft.rules.get(alert.rule);
    const isGone = rule === undefined || rule.on !== alert.type;
    const isForgotten = alert.lastSeenAt + FORGOTTEN_MS <= draft.now;
    if (isGone || isForgotten) {
      const details = { ...alert.details, closed: isGone ? RULE_GONE : NOT_SEEN };
      draft.putAlert({ ...alert, details, state: 'resolved', resolvedAt: draft.now, isClosing: false });
      if (alert.state !== 'resolved') draft.turned.add(alert.alertId);
    } else if ((endsAt(rule, alert) ?? Number.POSITIVE_INFINITY) <= draft.now)
      settle(draft, alert, draft.now);
  }
}
