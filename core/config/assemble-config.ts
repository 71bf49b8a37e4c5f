import { resolve } from 'node:path';
import { parseDuration } from '../model/duration.ts';
import { assembleAlerts } from './assemble-alerts.ts';
import { assembleOidc } from './assemble-oidc.ts';
import { assembleTelemetry, type Lookup, shownEndpoint } from './assemble-telemetry.ts';
import { CONFIG_SCHEMA, type ConfigNode, type ConfigSection } from './config.schema.ts';
import type { Config, ConfigEntry, ConfigOrigin, GivenText, StoreConfig } from './config.ts';
import type { GivenTexts } from './given-texts.ts';
import type { Setting, Settings } from './layer.ts';

/** Slots of the pool `default`. */
const DEFAULT_POOL_SLOTS = 128;
const SLOTS_PER_CORE = 4;
/** Where a value comes from that nobody gave. */
const UNSAID: ConfigOrigin = { kind: 'default', place: 'default' };

interface Machine {
  readonly projectDir: string;
  readonly cores: number;
}

/** Puts checked settings and defaults together into a frozen config. */
export function assembleConfig(
  settings: Settings,
  texts: GivenTexts,
  lookup: Lookup,
  machine: Machine,
): Config {
  const defaults = schemaDefaults();
  const raw = (key: string): Setting['value'] | undefined => settings.get(key)?.value ?? defaults.get(key);
  const number = (key: string): number => Number(raw(key));
  const text = <T extends string>(key: string): T => String(raw(key)) as T;
  const maxActive =
    raw('scheduler.maxActive') === undefined ? machine.cores * SLOTS_PER_CORE : number('scheduler.maxActive');
  return deepFreeze({
    store: storeConfig(text, settings, machine),
    scheduler: {
      maxActive,
      loadCpuMs: number('scheduler.loadCpu'),
      loadWaitMs: number('scheduler.loadWait'),
      loadMemoryMb: number('scheduler.loadMemoryMb'),
    },
    runners: {
      max: raw('runners.max') === undefined ? maxActive : number('runners.max'),
      memoryMb: number('runners.memoryMb'),
      idleMs: number('runners.idle'),
      maxAttempts: number('runners.maxAttempts'),
    },
    pools: poolConfig(settings),
    ...texts,
    defaults: {
      retries: {
        max: number('defaults.retries.max'),
        delayMs: number('defaults.retries.delay'),
        backoff: text('defaults.retries.backoff'),
        factor: number('defaults.retries.factor'),
        maxDelayMs: number('defaults.retries.maxDelay'),
        jitter: number('defaults.retries.jitter'),
      },
      timeoutMs: number('defaults.timeout'),
      killGraceMs: number('defaults.killGrace'),
      lostBudget: number('defaults.lostBudget'),
      maxActiveRuns: number('defaults.maxActiveRuns'),
      maxActiveTasks: number('defaults.maxActiveTasks'),
    },
    log: {
      level: text('log.level'),
      maxBytes: number('log.maxBytes'),
      keep: number('log.keep'),
      maxBytesPerAttempt: number('log.maxBytesPerAttempt'),
    },
    retention: {
      runsMs: number('retention.runs') === 0 ? null : number('retention.runs'),
      keep: number('retention.keep'),
      diskFreeBytes: number('retention.diskFreeMb') * 1_000_000,
    },
    server: {
      ...{ host: text('server.host'), port: number('server.port') },
      requireLogin: raw('server.requireLogin') === true,
      url: raw('server.url') === undefined ? null : text('server.url'),
      oidc: assembleOidc(settings),
      limits: {
        requestsPerSecond: number('server.limits.requestsPerSecond'),
        burst: number('server.limits.burst'),
        failedLogins: number('server.limits.failedLogins'),
        requestTimeoutMs: number('server.limits.requestTimeout'),
      },
    },
    alerts: assembleAlerts(settings),
    telemetry: assembleTelemetry(settings, lookup),
  });
}

function storeConfig(
  text: <T extends string>(key: string) => T,
  settings: Settings,
  machine: Machine,
): StoreConfig {
  const path = resolve(machine.projectDir, text('store.path'));
  const durability = text<'normal' | 'full'>('store.durability');
  const encryptionKey = settings.get('store.encryptionKey')?.value;
  const file = settings.get('store.encryptionKeyFile')?.value;
  const more = {
    ...{ path, durability },
    ...(encryptionKey === undefined ? {} : { encryptionKey: String(encryptionKey) }),
    ...(file === undefined ? {} : { encryptionKeyFile: resolve(machine.projectDir, String(file)) }),
  };
  if (text('store.kind') !== 'postgres') return { kind: 'sqlite', ...more };
  return { kind: 'postgres', url: String(settings.get('store.url')?.value ?? ''), ...more };
}

function poolConfig(settings: Settings): Config['pools'] {
  const pools: Record<string, Config['pools'][string]> = Object.create(null);
  pools.default = { slots: DEFAULT_POOL_SLOTS, description: null, origin: UNSAID };
  for (const [key, { value, place }] of settings) {
    const match = /^pools\.([^.]+)\.(slots|description)$/.exec(key);
    const name = match?.[1];
    if (name === undefined) continue;
    const { slots, description } = pools[name] ?? { slots: 1, description: null };
    const origin = (settings.get(`pools.${name}.slots`)?.place ?? place).origin;
    pools[name] =
      match?.[2] === 'slots'
        ? { slots: Number(value), description, origin }
        : { slots, description: String(value), origin };
  }
  return pools;
}

/** Defaults of the schema by dotted key, durations in milliseconds. */
function schemaDefaults(): Map<string, string | number | boolean> {
  const found = new Map<string, string | number | boolean>();
  const visit = (node: ConfigNode, key: string): void => {
    if (node.type === 'object') {
      if (node.additionalProperties !== false) return;
      for (const [name, child] of Object.entries(node.properties))
        visit(child, key === '' ? name : `${key}.${name}`);
    } else if (node.default !== undefined) {
      const isDuration = Array.isArray(node.type) && typeof node.default === 'string';
      found.set(key, isDuration ? (parseDuration(String(node.default)) ?? 0) : node.default);
    }
  };
  visit(CONFIG_SCHEMA as ConfigSection, '');
  return found;
}

/** What an absent key means, durations in milliseconds; `null` where the machine or another key decides. */
export function defaultOf(key: string): string | number | boolean | null {
  return key === 'pools.default.slots' ? DEFAULT_POOL_SLOTS : (schemaDefaults().get(key) ?? null);
}

/** Every value of a config with its origin, sections in the order of the schema. Secrets are masked. */
export function configEntries(config: Config, settings: Settings): ConfigEntry[] {
  const entries: ConfigEntry[] = [];
  const add = (key: string, value: ConfigEntry['value'], settingKey = key): void => {
    const origin = settings.get(settingKey)?.place.origin ?? UNSAID;
    entries.push({ key, value, origin });
  };
  add('store.kind', config.store.kind);
  add('store.path', config.store.path);
  if (config.store.kind === 'postgres') add('store.url', maskedUrl(config.store.url));
  if (config.store.encryptionKey !== undefined) add('store.encryptionKey', '***');
  if (config.store.encryptionKeyFile !== undefined)
    add('store.encryptionKeyFile', config.store.encryptionKeyFile);
  add('store.durability', config.store.durability);
  add('scheduler.maxActive', config.scheduler.maxActive);
  add('scheduler.loadCpu', config.scheduler.loadCpuMs);
  add('scheduler.loadWait', config.scheduler.loadWaitMs);
  add('scheduler.loadMemoryMb', config.scheduler.loadMemoryMb);
  add('runners.max', config.runners.max);
  add('runners.memoryMb', config.runners.memoryMb);
  add('runners.idle', config.runners.idleMs);
  add('runners.maxAttempts', config.runners.maxAttempts);
  for (const [name, pool] of Object.entries(config.pools)) {
    add(`pools.${name}.slots`, pool.slots);
    if (pool.description !== null) add(`pools.${name}.description`, pool.description);
  }
  const { retries } = config.defaults;
  add('defaults.retries.max', retries.max);
  add('defaults.retries.delay', retries.delayMs);
  add('defaults.retries.backoff', retries.backoff);
  add('defaults.retries.factor', retries.factor);
  add('defaults.retries.maxDelay', retries.maxDelayMs);
  add('defaults.retries.jitter', retries.jitter);
  add('defaults.timeout', config.defaults.timeoutMs);
  add('defaults.killGrace', config.defaults.killGraceMs);
  add('defaults.lostBudget', config.defaults.lostBudget);
  add('defaults.maxActiveRuns', config.defaults.maxActiveRuns);
  add('defaults.maxActiveTasks', config.defaults.maxActiveTasks);
  add('log.level', config.log.level);
  add('log.maxBytes', config.log.maxBytes);
  add('log.keep', config.log.keep);
  add('log.maxBytesPerAttempt', config.log.maxBytesPerAttempt);
  add('retention.runs', config.retention.runsMs ?? 0);
  add('retention.keep', config.retention.keep);
  add('retention.diskFreeMb', config.retention.diskFreeBytes / 1_000_000);
  add('server.host', config.server.host);
  add('server.port', config.server.port);
  add('server.requireLogin', config.server.requireLogin);
  if (config.server.url !== null) add('server.url', config.server.url);
  const { limits } = config.server;
  add('server.limits.requestsPerSecond', limits.requestsPerSecond);
  add('server.limits.burst', limits.burst);
  add('server.limits.failedLogins', limits.failedLogins);
  add('server.limits.requestTimeout', limits.requestTimeoutMs);
  // Of rules, channels, receivers and logins only what was said: otherwise there are none.
  for (const [key, { value }] of settings) {
    if (key.startsWith('alerts.') || key.startsWith('server.oidc.'))
      add(key, isSecret(key) ? '***' : shownValue(value));
    if (key.startsWith('telemetry.'))
      add(key, key.endsWith('.endpoint') ? shownEndpoint(String(value)) : shownValue(value));
  }
  const given = (section: string, texts: { readonly [name: string]: GivenText }): void => {
    for (const [name, { text, kind, origin }] of Object.entries(texts))
      entries.push({ key: `${section}.${name}`, value: kind === 'plain' ? text : '***', origin });
  };
  given('variables', config.variables);
  given('connections', config.connections);
  return entries;
}

function shownValue(value: Setting['value']): ConfigEntry['value'] {
  return typeof value === 'object' ? value.join(', ') : value;
}

/** Whether the schema says that a value must not be seen. */
function isSecret(key: string): boolean {
  let node: ConfigNode | undefined = CONFIG_SCHEMA as ConfigSection;
  for (const part of key.split('.'))
    if (node?.type === 'object')
      node = node.additionalProperties === false ? node.properties[part] : node.additionalProperties;
  return node !== undefined && 'secret' in node;
}

/** Params of an address that are no secrets: whatever else stands there may be one. */
const SHOWN_PARAMS = new Set(
  ['sslmode', 'application_name', 'connect_timeout', 'statement_timeout', 'lock_timeout', 'schema'].concat([
    'host',
    'port',
    'user',
    'dbname',
    'target_session_attrs',
    'uselibpqcompat',
  ]),
);

/** An address without what must not be seen: the password, and everything if it cannot be understood. */
export function maskedUrl(url: string): string {
  try {
    const parsed = new URL(url);
    // A password with a bare `/` or `#` is taken for a host with a path: what it is cannot be told.
    if (`${parsed.pathname}${parsed.hash}`.includes('@')) return '***';
    if (parsed.password !== '') parsed.password = '***';
    for (const name of [...parsed.searchParams.keys()])
      if (!SHOWN_PARAMS.has(name)) parsed.searchParams.set(name, '***');
    return parsed.toString();
  } catch {
    return '***';
  }
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const inner of Object.values(value)) deepFreeze(inner);
    Object.freeze(value);
  }
  return value;
}
