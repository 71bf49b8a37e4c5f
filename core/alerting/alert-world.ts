import type { AlertMute, AlertRecord, AlertRule } from '../model/alert.ts';

/** An alert with what the leader has to remember of it. */
export interface LiveAlert extends AlertRecord {
  /** How often it had been seen when it was told last; 0: it was not told yet. */
  readonly told: number;
  /** It is over, and that is to be told yet. */
  readonly isClosing: boolean;
}

/** When the alerts of one group of a rule are told. */
export interface AlertGroup {
  readonly rule: string;
  readonly group: string;
  /** When it was last told that something is wrong. */
  readonly sentAt: number | null;
  /** When it is to be told next that something is wrong, and that something is over. */
  readonly dueAt: number | null;
  readonly recoverAt: number | null;
}

/** What a leader knows of alerts: those that are not over, and what is to be told of them. Never changed. */
export interface AlertWorld {
  /** By rule and fingerprint. */
  readonly alerts: ReadonlyMap<string, LiveAlert>;
  /** By rule and group. */
  readonly groups: ReadonlyMap<string, AlertGroup>;
  /** Sampled conditions that hold but not for long enough: since when, by rule and fingerprint. */
  readonly holding: ReadonlyMap<string, number>;
  /** When messages were made of late, by rule and kind. */
  readonly sends: ReadonlyMap<string, readonly number[]>;
}

/** What others have decided about alerts. */
export interface AlertWishes {
  readonly mutes: readonly AlertMute[];
  /** Ids of alerts that somebody takes care of. */
  readonly acknowledged: ReadonlySet<string>;
}

/** The key of something of a rule: names of rules have no space. */
export function ofRule(rule: string, what: string): string {
  return `${rule} ${what}`;
}

/** The world of what the store has. */
export function worldOf(alerts: readonly LiveAlert[], groups: readonly AlertGroup[]): AlertWorld {
  return {
    alerts: new Map(alerts.map((alert) => [ofRule(alert.rule, alert.fingerprint), alert])),
    groups: new Map(groups.map((group) => [ofRule(group.rule, group.group), group])),
    holding: new Map(),
    sends: new Map(),
  };
}

/** The same world, in which no group waits for more any longer: only cool-downs hold. */
export function hurried(world: AlertWorld, rules: readonly AlertRule[], now: number): AlertWorld {
  const coolDowns = new Map(rules.map(({ name, coolDownMs }) => [name, coolDownMs]));
  const groups = new Map<string, AlertGroup>();
  for (const [key, group] of world.groups) {
    const coolAt = (group.sentAt ?? Number.NEGATIVE_INFINITY) + (coolDowns.get(group.rule) ?? 0);
    const dueAt = group.dueAt === null || coolAt > now ? group.dueAt : now;
    groups.set(key, { ...group, dueAt, recoverAt: group.recoverAt === null ? null : now });
  }
  return { ...world, groups };
}

/** Whether a mute is about an alert. */
export function mutes(mute: AlertMute, alert: Pick<AlertRecord, 'rule' | 'dagId'>, now: number): boolean {
  if (mute.until !== null && mute.until <= now) return false;
  return (
    (mute.rule === null || mute.rule === alert.rule) && (mute.dagId === null || mute.dagId === alert.dagId)
  );
}

/** A world that is being changed, and what has changed in it. */
export class Draft {
  readonly rules: ReadonlyMap<string, AlertRule>;
  readonly now: number;
  readonly newId: () => string;
  readonly alerts: Map<string, LiveAlert>;
  readonly groups: Map<string, AlertGroup>;
  readonly holding: Map<string, number>;
  readonly sends: Map<string, readonly number[]>;
  readonly changedAlerts = new Map<string, LiveAlert>();
  readonly changedGroups = new Set<string>();
  /** Alerts that are new, again, or over. */
  readonly turned = new Set<string>();

  constructor(world: AlertWorld, rules: readonly AlertRule[], now: number, newId: () => string) {
    this.rules = new Map(rules.map((rule) => [rule.name, rule]));
    this.now = now;
    this.newId = newId;
    this.alerts = new Map(world.alerts);
    this.groups = new Map(world.groups);
    this.holding = new Map(world.holding);
    this.sends = new Map(world.sends);
  }

  putAlert(alert: LiveAlert): void {
    const key = ofRule(alert.rule, alert.fingerprint);
    this.changedAlerts.set(alert.alertId, alert);
    if (alert.state === 'resolved' && !alert.isClosing) this.alerts.delete(key);
    else this.alerts.set(key, alert);
  }

  group(rule: string, group: string): AlertGroup {
    const none = { rule, group, sentAt: null, dueAt: null, recoverAt: null };
    return this.groups.get(ofRule(rule, group)) ?? none;
  }

  putGroup(group: AlertGroup): void {
    const key = ofRule(group.rule, group.group);
    this.groups.set(key, group);
    this.changedGroups.add(key);
  }

  /** Forgets a group that nothing is to be told of. */
  dropGroup(key: string): void {
    if (this.groups.delete(key)) this.changedGroups.add(key);
  }

  get world(): AlertWorld {
    const { alerts, groups, holding, sends } = this;
    return { alerts, groups, holding, sends };
  }
}
