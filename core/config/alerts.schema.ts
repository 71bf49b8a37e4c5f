import { ALERT_GROUPINGS, ALERT_LEVELS, ALERT_TYPES, RESOURCES } from '../model/alert.ts';
import { DURATION_PATTERN } from '../model/duration.ts';

const NAME = '^[A-Za-z_][A-Za-z0-9_-]{0,127}$';
const PATTERN = '^[A-Za-z_][A-Za-z0-9_.-]{0,255}\\*?$';
const duration = { type: ['string', 'integer'], pattern: DURATION_PATTERN } as const;
const names = { type: 'array', items: { type: 'string', pattern: PATTERN } } as const;

/** What an absent duration of a rule or channel means, in milliseconds. */
export const ALERT_DURATIONS = {
  forMs: 60_000,
  windowMs: 10_000,
  coolDownMs: 1_800_000,
  timeoutMs: 10_000,
} as const;

const rule = {
  type: 'object',
  description: 'What is wrong, how grave that is, and who is told of it.',
  additionalProperties: false,
  needs: 'on',
  properties: {
    on: {
      type: 'string',
      enum: ALERT_TYPES,
      description:
        'What the rule looks at: `task_failure`, `run_failure`, `deadline` (missed, or likely to be), ' +
        '`performance` (a task takes many times its median), `system_error` (orch itself has failed at ' +
        'something), `resource`, `scheduler_lag`, `queue_length`.',
    },
    level: {
      type: 'string',
      enum: ALERT_LEVELS,
      default: 'error',
      description: 'How grave it is.',
    },
    dags: { ...names, description: 'Ids of DAGs, or beginnings such as `market_*`; absent: all.' },
    tasks: { ...names, description: 'Paths of tasks, or beginnings such as `symbol.*`; absent: all.' },
    resource: {
      type: 'string',
      enum: RESOURCES,
      description: 'What a rule on `resource` measures. The disk is the one of the state folder.',
    },
    threshold: {
      type: 'number',
      minimum: 0,
      maximum: 1_000_000_000,
      description:
        'From when on it is too much: percent of a `resource` (90), seconds of `scheduler_lag` (30), ' +
        'attempts in `queue_length` (100), times the median for `performance` (3).',
    },
    for: {
      ...duration,
      description: 'How long a `resource`, a lag or a queue must be too much. Default: 1m.',
    },
    channels: { ...names, description: 'Names of channels that are told; absent: all of them.' },
    groupBy: {
      type: 'string',
      enum: ALERT_GROUPINGS,
      default: 'dag',
      description: 'What alerts share that are told in one message: the `rule`, `dag`, `task` or `run`.',
    },
    window: {
      ...duration,
      description: 'How long the first message of a group waits for more that belongs into it. Default: 10s.',
    },
    coolDown: {
      ...duration,
      description: 'Between two messages of a group about what is wrong. Default: 30m.',
    },
    recovery: { type: 'boolean', default: true, description: 'Whether it is told that something is over.' },
    title: { type: 'string', description: 'Template of the first line of messages, with `${{ }}`.' },
    text: { type: 'string', description: 'Template of what follows it.' },
  },
} as const;

const channel = {
  type: 'object',
  description: 'Where messages go. Addresses belong into the environment and are never shown.',
  additionalProperties: false,
  needs: 'kind',
  properties: {
    kind: {
      type: 'string',
      enum: ['webhook', 'slack', 'smtp'],
      description:
        '`webhook` posts JSON, `slack` posts `{text}`, as Slack and its like take it, `smtp` sends mail.',
    },
    url: {
      type: 'string',
      secret: true,
      description: 'Address of a `webhook` or `slack`, http or https: ORCH__ALERTS__CHANNELS__<name>__URL.',
    },
    secret: {
      type: 'string',
      secret: true,
      description: 'Signs what a `webhook` is sent, in the header X-Orch-Signature.',
    },
    token: {
      type: 'string',
      secret: true,
      description: 'Shown to a `webhook` as Authorization: Bearer.',
    },
    host: { type: 'string', description: 'The server of `smtp`.' },
    port: { type: 'integer', minimum: 1, maximum: 65_535, description: 'Its port. Default: 587, 465 or 25.' },
    tls: {
      type: 'string',
      enum: ['starttls', 'tls', 'none'],
      default: 'starttls',
      description: 'How the way to `smtp` is guarded: `starttls` and `tls` send nothing without it.',
    },
    user: { type: 'string', secret: true, description: 'Who logs in to `smtp`; absent: nobody does.' },
    password: { type: 'string', secret: true, description: 'The password of that user.' },
    from: { type: 'string', secret: true, description: 'The address that mail comes from.' },
    to: {
      type: 'array',
      items: { type: 'string', pattern: '^[^\\s,;<>"@]{1,64}@[^\\s,;<>"@]{1,255}$' },
      secret: true,
      description: 'The addresses that mail goes to.',
    },
    timeout: { ...duration, description: 'How long one try may take. Default: 10s.' },
  },
} as const;

/** The section `alerts` of the config. */
export const ALERTS_SCHEMA = {
  type: 'object',
  description: 'Who is told when something is wrong: rules say what, channels say where.',
  additionalProperties: false,
  properties: {
    rules: {
      type: 'object',
      description: 'Rules by name.',
      propertyNames: { pattern: NAME },
      additionalProperties: rule,
    },
    channels: {
      type: 'object',
      description: 'Channels by name.',
      propertyNames: { pattern: NAME },
      additionalProperties: channel,
    },
  },
} as const;
