import { CONNECTION_TYPES, type ConnectionField } from '../model/connection.ts';
import { DURATION_PATTERN } from '../model/duration.ts';
import { POOL_NAME, POOL_SLOTS_MAX } from '../model/pool.ts';
import { VALUE_NAME } from '../model/variable.ts';
import { ALERTS_SCHEMA } from './alerts.schema.ts';
import { OIDC_SCHEMA, SERVER_URL_SCHEMA } from './oidc.schema.ts';
import { TELEMETRY_SCHEMA } from './telemetry.schema.ts';

/** A value of the config file: JSON Schema, plus two hints of our own for what a short form means. */
export type ConfigLeaf = {
  readonly description: string;
  /** What an absent key means; absent where the machine or another key decides (the description says how). */
  readonly default?: string | number | boolean;
} & (
  | {
      readonly type: 'string';
      readonly enum?: readonly string[];
      readonly pattern?: string;
      readonly secret?: true;
    }
  | { readonly type: 'integer'; readonly minimum: number; readonly maximum: number }
  | { readonly type: 'number'; readonly minimum: number; readonly maximum: number }
  | { readonly type: 'boolean' }
  /** `90s`, `5m`, `2h`, or a whole number of milliseconds. */
  | { readonly type: readonly ['string', 'integer']; readonly pattern: string }
  /** Texts; one alone may stand for a list of it, and in the environment commas are between them. */
  | {
      readonly type: 'array';
      readonly items: { readonly type: 'string'; readonly pattern: string };
      readonly secret?: true;
    }
);

export interface ConfigSection {
  readonly type: 'object';
  readonly description: string;
  readonly properties: { readonly [key: string]: ConfigNode };
  readonly additionalProperties: false;
  /** A plain value in place of the object is the value of this key. */
  readonly shortFor?: string;
  /** One that has no key at all is a mistake: it needs this one. */
  readonly needs?: string;
}

/** A map from names that the user chooses to values of one form. */
export interface ConfigMap {
  readonly type: 'object';
  readonly description: string;
  readonly propertyNames: { readonly pattern: string };
  readonly additionalProperties: ConfigNode;
}

export type ConfigNode = ConfigLeaf | ConfigSection | ConfigMap;

const duration = { type: ['string', 'integer'], pattern: DURATION_PATTERN } as const;
const section = <P extends ConfigSection['properties']>(description: string, properties: P) =>
  ({ type: 'object', description, properties, additionalProperties: false }) as const;

const store = section('Where runs are kept.', {
  kind: {
    type: 'string',
    enum: ['sqlite', 'postgres'],
    default: 'sqlite',
    description:
      'The database: `sqlite` is a file in the state folder, `postgres` a server named by `store.url`.',
  },
  path: {
    type: 'string',
    default: '.orch',
    description: 'The state folder: database, logs, outputs, code snapshots. Relative to the project.',
  },
  url: {
    type: 'string',
    secret: true,
    description:
      'Address of PostgreSQL, such as `postgres://orch@db/orch`. A password belongs into ORCH__STORE__URL.',
  },
  encryptionKey: {
    type: 'string',
    secret: true,
    description:
      'Keys of variables and connections, 32 bytes each in base64 or hexadecimal, separated by commas: the ' +
      'first encrypts, all decrypt. Belongs into ORCH__STORE__ENCRYPTION_KEY.',
  },
  encryptionKeyFile: {
    type: 'string',
    description:
      'A file with these keys, one a line; relative to the project. Default: `encryption.key` in the state ' +
      'folder, made on first use.',
  },
  durability: {
    type: 'string',
    enum: ['normal', 'full'],
    default: 'normal',
    description:
      '`normal` survives the death of any process, `full` also the loss of power, for a disk sync per step.',
  },
});

const scheduler = section('How much runs at once, and what loading a DAG file may take.', {
  maxActive: {
    type: 'integer',
    minimum: 1,
    maximum: 100_000,
    description: 'Attempts running at once over all DAGs. Default: 4 for each core.',
  },
  loadCpu: {
    ...duration,
    default: '20s',
    description: 'CPU time to load a DAG file; each MiB of the file adds 5 s.',
  },
  loadWait: {
    ...duration,
    default: '30s',
    description: 'How long a DAG file may sleep while it is loaded.',
  },
  loadMemoryMb: {
    type: 'integer',
    minimum: 16,
    maximum: 16_777_216,
    default: 1_024,
    description: 'Memory to load a DAG file, in MB.',
  },
});

const runners = section('The processes that run tasks.', {
  max: {
    type: 'integer',
    minimum: 1,
    maximum: 100_000,
    description: 'Runner processes at most. Default: as many as `scheduler.maxActive` lets attempts run.',
  },
  memoryMb: {
    type: 'integer',
    minimum: 16,
    maximum: 16_777_216,
    default: 2_048,
    description: 'Memory of one runner in MB; an attempt that needs more fails with reason `memory`.',
  },
  idle: { ...duration, default: '60s', description: 'A runner without work for this long is ended.' },
  maxAttempts: {
    type: 'integer',
    minimum: 1,
    maximum: 100_000_000,
    default: 50_000,
    description: 'Attempts that a runner serves before a fresh one takes its place.',
  },
});

const pool = {
  ...section('A limit that tasks share by naming the pool.', {
    slots: {
      type: 'integer',
      minimum: 0,
      maximum: POOL_SLOTS_MAX,
      description: 'Slots of the pool; 0 holds its tasks back.',
    },
    description: { type: 'string', description: 'What the pool protects.' },
  }),
  shortFor: 'slots',
} as const;

const pools = {
  type: 'object',
  description:
    'Pools by name: `exchange_api: 8`. The pool `default`, of 128 slots, holds tasks that name none.',
  propertyNames: { pattern: POOL_NAME },
  additionalProperties: pool,
} as const;

const retries = {
  ...section('How failed tasks are retried.', {
    max: {
      type: 'integer',
      minimum: 0,
      maximum: 1_000,
      default: 0,
      description: 'Attempts after the first one.',
    },
    delay: {
      ...duration,
      default: '5m',
      description: 'Wait before the next attempt, from the end of the failed one.',
    },
    backoff: {
      type: 'string',
      enum: ['fixed', 'linear', 'exponential'],
      default: 'fixed',
      description: 'How the wait grows from attempt to attempt.',
    },
    factor: {
      type: 'number',
      minimum: 1,
      maximum: 100,
      default: 2,
      description: 'Growth of an exponential wait.',
    },
    maxDelay: { ...duration, default: '1d', description: 'The longest wait.' },
    jitter: {
      type: 'number',
      minimum: 0,
      maximum: 1,
      default: 0,
      description: 'Share of the wait that is added at most.',
    },
  }),
  shortFor: 'max',
} as const;

const defaults = section('What tasks and DAGs get that say nothing else.', {
  retries,
  timeout: { ...duration, default: '1h', description: 'The longest time of one attempt.' },
  killGrace: {
    ...duration,
    default: '10s',
    description: 'Time between asking an attempt to stop and killing it.',
  },
  lostBudget: {
    type: 'integer',
    minimum: 0,
    maximum: 1_000,
    default: 3,
    description: 'Attempts lost to crashes that a task gets again, besides its retries.',
  },
  maxActiveRuns: {
    type: 'integer',
    minimum: 1,
    maximum: 100_000,
    default: 16,
    description: 'Runs of a DAG at once.',
  },
  maxActiveTasks: {
    type: 'integer',
    minimum: 1,
    maximum: 100_000,
    default: 16,
    description: 'Attempts of a run at once.',
  },
});

const log = section('What is written down.', {
  level: {
    type: 'string',
    enum: ['debug', 'info', 'warn', 'error'],
    default: 'info',
    description: 'The least important lines of orch itself that are kept. Also ORCH_LOG_LEVEL.',
  },
  maxBytes: {
    type: 'integer',
    minimum: 65_536,
    maximum: 1_099_511_627_776,
    default: 10_485_760,
    description: "Size of orch's own log, `log/orch.log` in the state folder, at which a new file is begun.",
  },
  keep: {
    type: 'integer',
    minimum: 1,
    maximum: 1_000,
    default: 5,
    description: "Older files of orch's own log that are kept: `orch.log.1` is the newest of them.",
  },
  maxBytesPerAttempt: {
    type: 'integer',
    minimum: 1_024,
    maximum: 1_099_511_627_776,
    default: 67_108_864,
    description: 'Log of one attempt in bytes; what comes after is dropped, and the log says so.',
  },
});

const retention = section('What a scheduler deletes by itself, so that a project does not grow for ever.', {
  runs: {
    ...duration,
    default: '90d',
    description: 'Finished runs go so long after their end, with their logs and outputs; `0s`: never.',
  },
  keep: {
    type: 'integer',
    minimum: 1,
    maximum: 1_000_000,
    default: 10,
    description: 'So many of the newest finished runs of each DAG stay in any case.',
  },
  diskFreeMb: {
    type: 'integer',
    minimum: 0,
    maximum: 1_000_000_000,
    default: 512,
    description:
      'With less free on the disk of the state folder, in MB, the oldest runs go earlier; 0: never.',
  },
});

const server = section('The HTTP API of `orch server` and `orch up`.', {
  host: {
    type: 'string',
    default: '127.0.0.1',
    description: 'The address to listen on. On one that other machines reach everybody has to log in.',
  },
  port: {
    type: 'integer',
    minimum: 0,
    maximum: 65_535,
    default: 7_070,
    description: 'The port to listen on; 0 takes a free one.',
  },
  requireLogin: {
    type: 'boolean',
    default: false,
    description: 'Whether everybody has to log in on the loopback address too, where others use the machine.',
  },
  url: SERVER_URL_SCHEMA,
  oidc: OIDC_SCHEMA,
  limits: section('What one asker may take of the server.', {
    requestsPerSecond: {
      type: 'integer',
      minimum: 1,
      maximum: 1_000_000,
      default: 50,
      description: 'Requests of one asker from one address, over time; more are answered with 429.',
    },
    burst: {
      type: 'integer',
      minimum: 1,
      maximum: 1_000_000,
      default: 200,
      description: 'Requests of one asker from one address that may come at once.',
    },
    failedLogins: {
      type: 'integer',
      minimum: 1,
      maximum: 100_000,
      default: 10,
      description: 'Failed logins in a minute, for each address and for each name.',
    },
    requestTimeout: {
      ...duration,
      default: '30s',
      description: 'How long a request may take to arrive, its body included.',
    },
  }),
});

const variables = {
  type: 'object',
  description: 'Values that tasks may declare, by name, unless environment or store have others. No secrets.',
  propertyNames: { pattern: VALUE_NAME },
  additionalProperties: { type: 'string', description: 'The value of the variable.' },
} as const;

const connections = {
  type: 'object',
  description:
    'Connections that tasks may declare, by name, unless environment or store have others. No secrets.',
  propertyNames: { pattern: VALUE_NAME },
  additionalProperties: section('A connection: its type and the fields of that.', {
    type: {
      type: 'string',
      enum: Object.keys(CONNECTION_TYPES),
      description: 'What it leads to; it decides which fields there are.',
    },
    ...connectionLeaves(),
  }),
} as const;

/** The fields of all types; which of them belong together is checked apart. */
function connectionLeaves(): { readonly [field: string]: ConfigLeaf } {
  const leaves: { [field: string]: ConfigLeaf } = {};
  for (const fields of Object.values(CONNECTION_TYPES))
    for (const [name, field] of Object.entries(fields as { readonly [name: string]: ConnectionField }))
      if (!field.secret) leaves[name] ??= connectionLeaf(field);
  return leaves;
}

function connectionLeaf({ form, description }: ConnectionField): ConfigLeaf {
  const text = `${description[0]?.toUpperCase()}${description.slice(1)}.`;
  if (form === 'port') return { type: 'integer', minimum: 1, maximum: 65_535, description: text };
  return { type: 'string', description: text, ...(typeof form === 'object' ? { enum: form } : {}) };
}

/**
 * Everything that `airflow.yaml` may say, apart from `profiles`, which hold the same sections again by name.
 */
export const CONFIG_SCHEMA = section('The config file of a project.', {
  store,
  scheduler,
  runners,
  pools,
  defaults,
  log,
  retention,
  server,
  alerts: ALERTS_SCHEMA,
  telemetry: TELEMETRY_SCHEMA,
  variables,
  connections,
});
