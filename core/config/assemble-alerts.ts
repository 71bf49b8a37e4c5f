import { TEMPLATE_ALERT, TEMPLATE_NAMES } from '../alerting/compose.ts';
import { isTemplate, parseTemplate } from '../expression/template.ts';
import { type AlertChannel, type AlertRule, type AlertType, SAMPLED_TYPES } from '../model/alert.ts';
import { nearest } from '../model/nearest.ts';
import { ALERT_DURATIONS } from './alerts.schema.ts';
import type { ConfigProblem, Setting, Settings } from './layer.ts';

/** The settings of one rule or channel, by key. */
type Named = ReadonlyMap<string, Setting>;
type Report = (problem: ConfigProblem) => void;

/** Rules and channels by name, in the order in which they are written. */
export interface AlertsConfig {
  readonly rules: readonly AlertRule[];
  readonly channels: readonly AlertChannel[];
}

const OF_DAG: readonly AlertType[] = ['task_failure', 'run_failure', 'deadline', 'performance'];
/** Keys that have a meaning for some types only. */
const KEYS_OF: Readonly<Record<string, readonly AlertType[]>> = {
  dags: [...OF_DAG, 'system_error'],
  tasks: ['task_failure', 'performance'],
  groupBy: OF_DAG,
  resource: ['resource'],
  threshold: ['performance', ...SAMPLED_TYPES],
  for: SAMPLED_TYPES,
};
const THRESHOLDS: Partial<Readonly<Record<AlertType, number>>> = {
  resource: 90,
  scheduler_lag: 30,
  queue_length: 100,
  performance: 3,
};
const KINDS_OF: Readonly<Record<string, readonly AlertChannel['kind'][]>> = {
  url: ['webhook', 'slack'],
  secret: ['webhook'],
  token: ['webhook'],
  host: ['smtp'],
  port: ['smtp'],
  tls: ['smtp'],
  user: ['smtp'],
  password: ['smtp'],
  from: ['smtp'],
  to: ['smtp'],
};
const NEEDED = { webhook: ['url'], slack: ['url'], smtp: ['host', 'from', 'to'] } as const;
const PORTS = { starttls: 587, tls: 465, none: 25 } as const;

/** Puts the section `alerts` together from settings that were checked. */
export function assembleAlerts(settings: Settings): AlertsConfig {
  const channels = [...namesIn(settings, 'channels')].flatMap(([name, of]) => channelOf(name, of));
  const all = channels.map(({ name }) => name);
  const rules = [...namesIn(settings, 'rules')].flatMap(([name, of]) => ruleOf(name, of, all));
  return { rules, channels };
}

/** Finds what is wrong with rules and channels when all layers are put together. */
export function checkAlerts(settings: Settings, report: Report): void {
  const channels = namesIn(settings, 'channels');
  for (const [name, of] of channels) checkChannel(`alerts.channels.${name}`, of, report);
  for (const [name, of] of namesIn(settings, 'rules'))
    checkRule(`alerts.rules.${name}`, of, [...channels.keys()], report);
}

function namesIn(settings: Settings, part: 'rules' | 'channels'): Map<string, Map<string, Setting>> {
  const found = new Map<string, Map<string, Setting>>();
  const prefix = `alerts.${part}.`;
  for (const [key, setting] of settings) {
    if (!key.startsWith(prefix)) continue;
    const [name = '', leaf = ''] = key.slice(prefix.length).split('.');
    const known = found.get(name) ?? new Map<string, Setting>();
    found.set(name, known.set(leaf, setting));
  }
  return found;
}

function text<T extends string = string>(of: Named, key: string): T | null {
  const value = of.get(key)?.value;
  return value === undefined ? null : (String(value) as T);
}

function list(of: Named, key: string): readonly string[] | null {
  return (of.get(key)?.value as readonly string[] | undefined) ?? null;
}

function ruleOf(name: string, of: Named, channels: readonly string[]): AlertRule[] {
  const on = text<AlertType>(of, 'on');
  if (on === null) return [];
  const { forMs, windowMs, coolDownMs } = ALERT_DURATIONS;
  const ms = (key: string, otherwise: number): number => Number(of.get(key)?.value ?? otherwise);
  return [
    {
      name,
      on,
      level: text<AlertRule['level']>(of, 'level') ?? 'error',
      dags: list(of, 'dags') ?? [],
      tasks: list(of, 'tasks') ?? [],
      resource: text<NonNullable<AlertRule['resource']>>(of, 'resource'),
      threshold: Number(of.get('threshold')?.value ?? THRESHOLDS[on] ?? 0),
      forMs: ms('for', forMs),
      channels: list(of, 'channels') ?? channels,
      groupBy: text<AlertRule['groupBy']>(of, 'groupBy') ?? 'dag',
      windowMs: ms('window', windowMs),
      coolDownMs: ms('coolDown', coolDownMs),
      tellsRecovery: of.get('recovery')?.value !== false,
      title: text(of, 'title'),
      text: text(of, 'text'),
    },
  ];
}

function channelOf(name: string, of: Named): AlertChannel[] {
  const kind = text<AlertChannel['kind']>(of, 'kind');
  const timeoutMs = Number(of.get('timeout')?.value ?? ALERT_DURATIONS.timeoutMs);
  const url = text(of, 'url') ?? '';
  if (kind === 'slack') return [{ kind, name, url, timeoutMs }];
  if (kind === 'webhook')
    return [{ kind, name, url, secret: text(of, 'secret'), token: text(of, 'token'), timeoutMs }];
  if (kind === null) return [];
  const tls = text<keyof typeof PORTS>(of, 'tls') ?? 'starttls';
  return [
    {
      kind,
      name,
      host: text(of, 'host') ?? '',
      port: Number(of.get('port')?.value ?? PORTS[tls]),
      tls,
      user: text(of, 'user'),
      password: text(of, 'password'),
      from: text(of, 'from') ?? '',
      to: list(of, 'to') ?? [],
      timeoutMs,
    },
  ];
}

function checkRule(key: string, of: Named, channels: readonly string[], report: Report): void {
  const on = text<AlertType>(of, 'on');
  if (on === null) return reportMissing(key, 'on', of, report);
  for (const [leaf, { place }] of of) {
    const types = KEYS_OF[leaf];
    if (types === undefined || types.includes(on)) continue;
    const message = `'${key}.${leaf}' means nothing for 'on: ${on}'`;
    report({ rule: 'config-unfit', message, place, hint: `it is for ${types.join(', ')}` });
  }
  if (on === 'resource' && !of.has('resource')) reportMissing(key, 'resource', of, report);
  for (const name of list(of, 'channels') ?? []) {
    if (channels.includes(name)) continue;
    const similar = nearest(name, channels);
    const known = channels.length === 0 ? 'none is configured' : `known: ${channels.join(', ')}`;
    report({
      rule: 'config-channel',
      message: `'${key}.channels' names a channel that is not there: '${name}'`,
      place: (of.get('channels') as Setting).place,
      hint: similar === null ? known : `did you mean '${similar}'?`,
    });
  }
  for (const leaf of ['title', 'text']) checkTemplate(`${key}.${leaf}`, of.get(leaf), report);
}

function checkTemplate(key: string, setting: Setting | undefined, report: Report): void {
  if (setting === undefined || !isTemplate(String(setting.value))) return;
  const parsed = parseTemplate(String(setting.value));
  const { place } = setting;
  const tell = (message: string): void =>
    report({ rule: 'config-template', message: `'${key}': ${message}`, place });
  if (!parsed.ok) return tell(parsed.error.message);
  for (const [name = '', property] of parsed.template.reads) {
    if (!TEMPLATE_NAMES.includes(name)) tell(`there is no '${name}'; there are ${TEMPLATE_NAMES.join(', ')}`);
    else if (name === 'alert' && property !== undefined && !TEMPLATE_ALERT.includes(property))
      tell(`an alert has no '${property}'; it has ${TEMPLATE_ALERT.join(', ')}`);
  }
}

function checkChannel(key: string, of: Named, report: Report): void {
  const kind = text<AlertChannel['kind']>(of, 'kind');
  if (kind === null) return reportMissing(key, 'kind', of, report);
  for (const [leaf, { place }] of of) {
    const kinds = KINDS_OF[leaf];
    if (kinds === undefined || kinds.includes(kind)) continue;
    const message = `'${key}.${leaf}' means nothing for 'kind: ${kind}'`;
    report({ rule: 'config-unfit', message, place, hint: `it is for ${kinds.join(', ')}` });
  }
  for (const leaf of NEEDED[kind]) if (!of.has(leaf)) reportMissing(key, leaf, of, report);
  const url = of.get('url');
  if (url !== undefined && !isHttp(String(url.value)))
    report({
      rule: 'config-value',
      message: `'${key}.url' must be an address of http or https, without a user in it`,
      place: url.place,
    });
}

function isHttp(url: string): boolean {
  const parsed = URL.parse(url);
  if (parsed === null || (parsed.protocol !== 'http:' && parsed.protocol !== 'https:')) return false;
  return parsed.username === '' && parsed.password === '';
}

function reportMissing(key: string, leaf: string, of: Named, report: Report): void {
  const [some] = of.values();
  if (some === undefined) return;
  const name = `ORCH__${key.split('.').slice(0, 2).join('__').toUpperCase()}__${key.split('.')[2]}`;
  const hint = `set it in airflow.yaml, or ${name}__${leaf.toUpperCase()} in the environment`;
  report({ rule: 'config-missing', message: `'${key}' needs '${leaf}'`, place: some.place, hint });
}
