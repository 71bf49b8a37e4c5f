import type { JsonObject } from './json.ts';

/** How grave an alert is, each graver than those before it. The position is the stored code: append only. */
export const ALERT_LEVELS = ['info', 'warning', 'error', 'critical'] as const;
export type AlertLevel = (typeof ALERT_LEVELS)[number];

/** What a rule looks at. The position is the code stored in the database: append only. */
export const ALERT_TYPES = [
  'task_failure',
  'run_failure',
  'deadline',
  'performance',
  'system_error',
  'resource',
  'scheduler_lag',
  'queue_length',
] as const;
export type AlertType = (typeof ALERT_TYPES)[number];

/** What a rule looks at again and again, because nobody tells of it. */
export const SAMPLED_TYPES: readonly AlertType[] = ['resource', 'scheduler_lag', 'queue_length'];

/** What of the machine is measured, in percent. */
export const RESOURCES = ['cpu', 'memory', 'disk'] as const;
export type Resource = (typeof RESOURCES)[number];
export type ResourceSample = { readonly [Name in Resource]: number };

/** `open`: the condition holds. `acknowledged`: it does, and somebody takes care. `resolved`: it is over. */
export const ALERT_STATES = ['open', 'acknowledged', 'resolved'] as const;
export type AlertState = (typeof ALERT_STATES)[number];

/** What alerts share that are told in one message. */
export const ALERT_GROUPINGS = ['rule', 'dag', 'task', 'run'] as const;
export type AlertGrouping = (typeof ALERT_GROUPINGS)[number];

/** A rule of the config. */
export interface AlertRule {
  readonly name: string;
  readonly on: AlertType;
  readonly level: AlertLevel;
  /** Ids of DAGs, or beginnings of them with a `*`; empty: all. */
  readonly dags: readonly string[];
  /** Paths of tasks, or beginnings of them with a `*`; empty: all. */
  readonly tasks: readonly string[];
  /** Of a rule on resources. */
  readonly resource: Resource | null;
  /** Percent, seconds, attempts, or a multiple of the median, as the type has it. */
  readonly threshold: number;
  /** A sampled condition must hold for so long. */
  readonly forMs: number;
  /** Names of channels. */
  readonly channels: readonly string[];
  readonly groupBy: AlertGrouping;
  /** The first message of a group waits so long for others that belong into it. */
  readonly windowMs: number;
  /** Between two messages of a group about what is wrong. */
  readonly coolDownMs: number;
  /** Whether it is told that a condition is over. */
  readonly tellsRecovery: boolean;
  /** Templates of messages; `null`: the words of orch. */
  readonly title: string | null;
  readonly text: string | null;
}

/** Where messages go. */
export type AlertChannel =
  | {
      readonly kind: 'webhook';
      readonly name: string;
      readonly url: string;
      /** Signs bodies. */
      readonly secret: string | null;
      /** Sent as `Authorization: Bearer`. */
      readonly token: string | null;
      readonly timeoutMs: number;
    }
  | { readonly kind: 'slack'; readonly name: string; readonly url: string; readonly timeoutMs: number }
  | {
      readonly kind: 'smtp';
      readonly name: string;
      readonly host: string;
      readonly port: number;
      readonly tls: 'starttls' | 'tls' | 'none';
      readonly user: string | null;
      readonly password: string | null;
      readonly from: string;
      readonly to: readonly string[];
      readonly timeoutMs: number;
    };

/** Something that is or was wrong: one for all that has the same fingerprint while it lasts. */
export interface AlertRecord {
  readonly alertId: string;
  readonly rule: string;
  readonly level: AlertLevel;
  readonly type: AlertType;
  /** What it is about, within its rule. */
  readonly fingerprint: string;
  /** What it shares with those that are told with it, within its rule. */
  readonly group: string;
  readonly title: string;
  readonly message: string;
  readonly details: JsonObject;
  /** How often it was seen. */
  readonly count: number;
  readonly firstSeenAt: number;
  readonly lastSeenAt: number;
  readonly state: AlertState;
  readonly acknowledgedBy: string | null;
  readonly acknowledgedAt: number | null;
  readonly resolvedAt: number | null;
  /** `null`: it is about no DAG. */
  readonly dagId: string | null;
  readonly taskId: string | null;
  /** The last run in which it was seen. */
  readonly runId: string | null;
}

/** Nothing is told of alerts that fit, for a while. */
export interface AlertMute {
  readonly muteId: string;
  /** `null`: of all rules. */
  readonly rule: string | null;
  /** `null`: whatever they are about. */
  readonly dagId: string | null;
  /** `null`: until it is taken back. */
  readonly until: number | null;
  readonly reason: string;
  readonly createdBy: string;
  readonly createdAt: number;
}

/** An alert as messages show it. */
export interface ToldAlert {
  readonly id: string;
  readonly title: string;
  readonly message: string;
  readonly dagId: string | null;
  readonly taskId: string | null;
  readonly runId: string | null;
  readonly count: number;
  readonly firstSeenAt: string;
  readonly lastSeenAt: string;
  readonly resolvedAt: string | null;
  readonly details: JsonObject;
}

/** What is sent to the channels of a rule. */
export interface AlertMessage {
  /** The same for every try, and for every channel. */
  readonly id: string;
  /** `open`: something is wrong; `resolved`: it is over; `test`: nothing happened. */
  readonly state: 'open' | 'resolved' | 'test';
  readonly rule: string;
  readonly level: AlertLevel;
  readonly type: AlertType | null;
  readonly group: string;
  readonly at: string;
  readonly title: string;
  readonly text: string;
  /** Alerts that it is about. */
  readonly count: number;
  /** The first few of them. */
  readonly alerts: readonly ToldAlert[];
}

/** Where a delivery is: it waits for its first or next try, or is over. The position is the stored code. */
export const DELIVERY_STATES = ['waiting', 'success', 'failed'] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** A message on its way to one channel. */
export interface AlertDelivery {
  readonly deliveryNo: number;
  readonly channel: string;
  readonly message: AlertMessage;
  readonly state: DeliveryState;
  readonly tries: number;
  readonly createdAt: number;
  /** When its next try is due. */
  readonly dueAt: number;
  readonly endedAt: number | null;
  /** Why the last try failed; never an address. */
  readonly error: string | null;
}

/** Whether a text is one of some names, or begins like one that ends with `*`. No names: every text is. */
export function isNamed(names: readonly string[], text: string): boolean {
  return (
    names.length === 0 ||
    names.some((name) => (name.endsWith('*') ? text.startsWith(name.slice(0, -1)) : text === name))
  );
}
