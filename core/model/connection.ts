import { nearest } from './nearest.ts';
import { valueProblem } from './variable.ts';

/** What a field of a connection may hold. */
export interface ConnectionField {
  readonly form: 'text' | 'port' | 'url' | readonly string[];
  readonly description: string;
  /** It is never shown, and masked in logs. */
  readonly secret?: true;
  readonly required?: true;
  readonly default?: string | number;
}

type Fields = { readonly [field: string]: ConnectionField };

const host = { form: 'text', description: 'name or address of the server', required: true } as const;
const user = { form: 'text', description: 'who logs in' } as const;
const password = { form: 'text', description: 'the password of the user', secret: true } as const;
const token = {
  form: 'text',
  description: 'sent as Authorization: Bearer, or as the service wants it',
  secret: true,
} as const;

/**
 * The types of connections with all their fields: no other field is taken, so that nothing that is stored can
 * name a driver, a file or an option of a library.
 */
export const CONNECTION_TYPES = {
  postgres: {
    host,
    port: { form: 'port', description: 'its port', default: 5_432 },
    database: { form: 'text', description: 'the database' },
    user,
    password,
    sslmode: { form: ['disable', 'require', 'verify-full'], description: 'how the server is trusted' },
  },
  http: {
    url: { form: 'url', description: 'where the paths of requests begin', required: true },
    user,
    password,
    token,
  },
  s3: {
    bucket: { form: 'text', description: 'the bucket' },
    region: { form: 'text', description: 'its region' },
    endpoint: { form: 'url', description: 'the address of a service other than that of Amazon' },
    accessKeyId: { form: 'text', description: 'the id of the access key' },
    secretAccessKey: { form: 'text', description: 'the access key', secret: true },
    sessionToken: { form: 'text', description: 'of a key for a while', secret: true },
  },
  smtp: {
    host,
    port: { form: 'port', description: 'its port', default: 587 },
    tls: { form: ['starttls', 'tls', 'none'], description: 'how mail is encrypted', default: 'starttls' },
    from: { form: 'text', description: 'the sender of mails' },
    user,
    password,
  },
  generic: {
    host: { form: 'text', description: 'name or address of the server' },
    port: { form: 'port', description: 'its port' },
    path: { form: 'text', description: 'what follows: a database, a folder, a queue' },
    user,
    password,
    token,
  },
} as const satisfies { readonly [type: string]: Fields };

export type ConnectionType = keyof typeof CONNECTION_TYPES;

type ValueIn<F> = F extends { readonly form: 'port' }
  ? number
  : F extends { readonly form: readonly (infer Word)[] }
    ? Word
    : string;
type Certain<T extends Fields> = {
  [F in keyof T]: T[F] extends { readonly required: true } | { readonly default: unknown } ? F : never;
}[keyof T];
type FieldsOf<T extends Fields> = { readonly [F in Certain<T>]: ValueIn<T[F]> } & {
  readonly [F in Exclude<keyof T, Certain<T>>]?: ValueIn<T[F]>;
};

/** A connection as a task gets it: its type and the fields of that. */
export type Connection = {
  readonly [T in ConnectionType]: { readonly type: T } & FieldsOf<(typeof CONNECTION_TYPES)[T]>;
}[ConnectionType];

/** A connection, or why something is none; a problem never says what a field holds. */
export type ReadConnection =
  | { readonly ok: true; readonly connection: Connection }
  | { readonly ok: false; readonly problem: string };

/** The fields of a type by name. */
export function fieldsOf(type: ConnectionType): Fields {
  return CONNECTION_TYPES[type];
}

/** Values of the secret fields of a connection. */
export function secretsOf(connection: Connection): string[] {
  const fields = fieldsOf(connection.type);
  return Object.entries(connection).flatMap(([name, value]) => (fields[name]?.secret ? [String(value)] : []));
}

/** A connection of one type with its defaults, made of fields that somebody wrote. */
export function readConnection(given: unknown): ReadConnection {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    return { ok: false, problem: 'is no object with a type and fields' };
  const { type, ...values } = given as { readonly [name: string]: unknown };
  const types = Object.keys(CONNECTION_TYPES);
  if (typeof type !== 'string' || !Object.hasOwn(CONNECTION_TYPES, type))
    return { ok: false, problem: `needs a type: ${types.join(', ')}` };
  const fields = fieldsOf(type as ConnectionType);
  for (const name of Object.keys(values)) {
    if (Object.hasOwn(fields, name)) continue;
    const similar = nearest(name, Object.keys(fields));
    const hint =
      similar === null ? `its fields: ${Object.keys(fields).join(', ')}` : `did you mean ${similar}?`;
    return { ok: false, problem: `of type ${type} has no field '${name}'; ${hint}` };
  }
  const read: { [name: string]: unknown } = { type };
  for (const [name, field] of Object.entries(fields)) {
    const value = values[name] ?? field.default;
    if (value === undefined) {
      if (field.required) return { ok: false, problem: `of type ${type} needs ${name}` };
      continue;
    }
    const problem = fieldProblem(field, value);
    if (problem !== null) return { ok: false, problem: `of type ${type}: ${name} ${problem}` };
    read[name] = value;
  }
  return { ok: true, connection: read as unknown as Connection };
}

function fieldProblem(field: ConnectionField, value: unknown): string | null {
  const { form } = field;
  if (form === 'port') {
    const isPort = typeof value === 'number' && Number.isInteger(value) && value > 0 && value < 65_536;
    return isPort ? null : 'must be a whole number from 1 to 65535';
  }
  if (typeof form === 'object') return form.includes(value as string) ? null : `must be ${form.join(' or ')}`;
  if (typeof value !== 'string') return 'must be a text';
  const problem = valueProblem(value, field.secret === true);
  if (problem !== null) return problem;
  if (form === 'url' && !isWebAddress(value))
    return 'must begin with http:// or https:// and hold no user or password';
  return null;
}

function isWebAddress(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : null;
  return url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
}

/** Reads a connection that is written as JSON or as a URL, such as `postgres://me:secret@db:5432/prices`. */
export function parseConnection(text: string): ReadConnection {
  if (text.trimStart().startsWith('{')) {
    let given: unknown;
    try {
      given = JSON.parse(text);
    } catch {
      return { ok: false, problem: 'is no JSON' };
    }
    return readConnection(given);
  }
  if (!URL.canParse(text))
    return { ok: false, problem: 'is neither JSON nor a URL; in a password / ? # @ are %2F %3F %23 %40' };
  return readConnection(fieldsOfUrl(new URL(text)));
}

const TYPE_OF_SCHEME: { readonly [scheme: string]: ConnectionType } = {
  postgres: 'postgres',
  postgresql: 'postgres',
  http: 'http',
  https: 'http',
  s3: 's3',
  smtp: 'smtp',
  smtps: 'smtp',
  generic: 'generic',
};

function fieldsOfUrl(url: URL): { readonly [name: string]: unknown } {
  const scheme = url.protocol.slice(0, -1);
  const type = TYPE_OF_SCHEME[scheme];
  const login = { user: decoded(url.username), password: decoded(url.password) };
  const path = decoded(url.pathname.replace(/^\//, ''));
  const more = type === 'http' ? {} : Object.fromEntries(url.searchParams);
  const place = { host: url.hostname, port: url.port === '' ? undefined : Number(url.port) };
  if (type === 'http') return present({ type, url: bare(url), ...login });
  if (type === 's3') {
    const { user: accessKeyId, password: secretAccessKey } = login;
    return present({ type, bucket: url.hostname, accessKeyId, secretAccessKey, ...more });
  }
  if (type === 'smtp')
    return present({ type, ...place, ...(scheme === 'smtps' ? { tls: 'tls' } : {}), ...login, ...more });
  const rest = type === 'postgres' ? { database: path } : { path };
  return present({ type, ...place, ...rest, ...login, ...more });
}

function bare(url: URL): string {
  const copy = new URL(url);
  copy.username = '';
  copy.password = '';
  return copy.href;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function present(fields: { readonly [name: string]: unknown }): { readonly [name: string]: unknown } {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined && value !== ''),
  );
}
