import { type Static, Type } from 'typebox';
import { ALERT_LEVELS, ALERT_STATES, ALERT_TYPES, DELIVERY_STATES } from '../../core/model/alert.ts';
import { AnyObject, exact, Instant, named, oneOf, orNull } from './words.ts';

export const AlertId = Type.String({
  minLength: 1,
  maxLength: 64,
  description: 'the id of an alert, a UUID',
});
export const MuteId = Type.String({ minLength: 1, maxLength: 64, description: 'the id of a mute, a UUID' });
/** The name of a rule or channel. */
export const ConfigName = Type.String({ pattern: '^[A-Za-z_][A-Za-z0-9_-]{0,127}$' });
export const AlertLevel = oneOf(ALERT_LEVELS, 'how grave it is');
export const AlertState = oneOf(ALERT_STATES, 'resolved: it is over');

export const Alert = named(
  'Alert',
  exact({
    alertId: AlertId,
    rule: Type.String(),
    level: AlertLevel,
    type: oneOf(ALERT_TYPES, 'what the rule looks at'),
    group: Type.String({ description: 'what it shares with alerts that are told with it; may be empty' }),
    title: Type.String(),
    message: Type.String(),
    details: AnyObject,
    count: Type.Integer({ description: 'how often it was seen' }),
    state: AlertState,
    acknowledgedBy: orNull(Type.String()),
    acknowledgedAt: orNull(Instant),
    firstSeenAt: Instant,
    lastSeenAt: Instant,
    resolvedAt: orNull(Instant),
    dagId: orNull(Type.String()),
    taskId: orNull(Type.String()),
    runId: orNull(Type.String({ description: 'the last run in which it was seen' })),
  }),
);
export type Alert = Static<typeof Alert>;

export const Mute = named(
  'AlertMute',
  exact({
    muteId: MuteId,
    rule: orNull(Type.String({ description: 'null: all rules' })),
    dagId: orNull(Type.String({ description: 'null: whatever alerts are about' })),
    until: orNull(Instant),
    reason: Type.String(),
    createdBy: Type.String(),
    createdAt: Instant,
  }),
);
export type Mute = Static<typeof Mute>;

export const Rule = named(
  'AlertRule',
  exact({
    name: Type.String(),
    on: oneOf(ALERT_TYPES, 'what it looks at'),
    level: AlertLevel,
    dags: Type.Array(Type.String()),
    tasks: Type.Array(Type.String()),
    resource: orNull(Type.String()),
    threshold: Type.Number(),
    forMs: Type.Number(),
    channels: Type.Array(Type.String()),
    groupBy: Type.String(),
    windowMs: Type.Number(),
    coolDownMs: Type.Number(),
    recovery: Type.Boolean(),
  }),
);

const Delivery = exact({
  messageId: Type.String(),
  title: Type.String(),
  state: oneOf(DELIVERY_STATES, 'failed: it is not tried again'),
  tries: Type.Integer(),
  createdAt: Instant,
  dueAt: Instant,
  error: orNull(Type.String()),
});

export const Channel = named(
  'AlertChannel',
  exact({
    name: Type.String(),
    kind: oneOf(['webhook', 'slack', 'smtp'], 'how it is sent to'),
    waiting: Type.Integer({ description: 'messages on their way' }),
    failed: Type.Integer({ description: 'messages that were given up' }),
    latest: Type.Array(Delivery, { description: 'the newest messages, newest first' }),
  }),
);
export type Channel = Static<typeof Channel>;
