import type { ConfigProblem, Setting, Settings } from './layer.ts';
import { TELEMETRY_SCHEMA } from './telemetry.schema.ts';

/** Where something is sent to, and what is shown there; never to be logged or shown. */
export interface TelemetryTarget {
  readonly url: string;
  readonly headers: { readonly [name: string]: string };
}

/** What is sent to whom; `null`: nothing of it. */
export interface TelemetryConfig {
  readonly serviceName: string;
  /** What else is said of this orch, by name: of `OTEL_RESOURCE_ATTRIBUTES`. */
  readonly resource: { readonly [name: string]: string };
  readonly traces: TelemetryTarget | null;
  readonly metrics: TelemetryTarget | null;
  readonly lineage: (TelemetryTarget & { readonly namespace: string }) | null;
}

/** A variable of the environment by its name. */
export type Lookup = (name: string) => string | undefined;
type Report = (problem: ConfigProblem) => void;

const OTLP = 'telemetry.otlp';
const LINEAGE = 'telemetry.lineage';
const { otlp, lineage, serviceName } = TELEMETRY_SCHEMA.properties;
const DEFAULTS = {
  serviceName: serviceName.default,
  headersEnv: otlp.properties.headersEnv.default,
  namespace: lineage.properties.namespace.default,
  apiKeyEnv: lineage.properties.apiKeyEnv.default,
} as const;
const RESOURCE = 'OTEL_RESOURCE_ATTRIBUTES';
const SERVICE_NAME = 'service.name';
const LINEAGE_PATH = '/api/v1/lineage';
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Puts the section `telemetry` together from settings that were checked. */
export function assembleTelemetry(settings: Settings, lookup: Lookup): TelemetryConfig {
  const text = (key: string, otherwise: string): string => textIn(settings, key, otherwise);
  const isOn = (key: string): boolean => settings.get(key)?.value !== false;
  const { [SERVICE_NAME]: named, ...resource } = pairsIn(lookup(RESOURCE) ?? '') ?? {};
  const name = text('telemetry.serviceName', named ?? DEFAULTS.serviceName);
  const collector = settings.get(`${OTLP}.endpoint`)?.value;
  const catalog = settings.get(`${LINEAGE}.endpoint`)?.value;
  const headers = headersIn(lookup(text(`${OTLP}.headersEnv`, DEFAULTS.headersEnv)) ?? '');
  const signal = (key: 'traces' | 'metrics'): TelemetryTarget | null =>
    collector === undefined || !isOn(`${OTLP}.${key}`)
      ? null
      : { url: withPath(String(collector), `/v1/${key}`), headers: headers ?? {} };
  const key = lookup(text(`${LINEAGE}.apiKeyEnv`, DEFAULTS.apiKeyEnv));
  return {
    serviceName: name,
    resource,
    traces: signal('traces'),
    metrics: signal('metrics'),
    lineage:
      catalog === undefined
        ? null
        : {
            url: hasPath(String(catalog)) ? String(catalog) : withPath(String(catalog), LINEAGE_PATH),
            headers: key ? { authorization: `Bearer ${key}` } : {},
            namespace: text(`${LINEAGE}.namespace`, DEFAULTS.namespace),
          },
  };
}

/** Finds what is wrong with the section when all layers are put together; says no value of a secret. */
export function checkTelemetry(settings: Settings, lookup: Lookup, report: Report): void {
  for (const key of [`${OTLP}.endpoint`, `${LINEAGE}.endpoint`]) {
    const setting = settings.get(key);
    if (setting === undefined || isHttp(setting)) continue;
    const message = `'${key}' must be an address of http or https, without a user in it`;
    const hint = 'a key belongs into a header: `headersEnv`, `apiKeyEnv`';
    report({ rule: 'config-value', message, place: setting.place, hint });
  }
  const collector = settings.get(`${OTLP}.endpoint`);
  const variable = textIn(settings, `${OTLP}.headersEnv`, DEFAULTS.headersEnv);
  if (collector !== undefined && headersIn(lookup(variable) ?? '') === null)
    report({
      rule: 'config-value',
      message: `${variable} must have the form name=value, by commas, with values percent-encoded`,
      place: { origin: { kind: 'env', place: variable } },
    });
  if (collector !== undefined && pairsIn(lookup(RESOURCE) ?? '') === null)
    report({
      rule: 'config-value',
      message: `${RESOURCE} must have the form name=value, by commas, with values percent-encoded`,
      place: { origin: { kind: 'env', place: RESOURCE } },
    });
  const key = textIn(settings, `${LINEAGE}.apiKeyEnv`, DEFAULTS.apiKeyEnv);
  if (settings.has(`${LINEAGE}.endpoint`) && !HEADER_VALUE.test(lookup(key) ?? ''))
    report({
      rule: 'config-value',
      message: `${key} has characters that no header can hold`,
      place: { origin: { kind: 'env', place: key } },
    });
}

/** An address for people: what may be a key, its query, is left out. */
export function shownEndpoint(url: string): string {
  const parsed = URL.parse(url);
  if (parsed === null) return '***';
  const path = parsed.pathname === '/' ? '' : parsed.pathname;
  return `${parsed.origin}${path}${parsed.search === '' ? '' : '?***'}`;
}

function textIn(settings: Settings, key: string, otherwise: string): string {
  return String(settings.get(key)?.value ?? otherwise);
}

/** `null` if they are none. */
function headersIn(text: string): { readonly [name: string]: string } | null {
  const pairs = pairsIn(text);
  if (pairs === null) return null;
  const headers = Object.entries(pairs).map(([name, value]) => [name.toLowerCase(), value] as const);
  const areGood = headers.every(([name, value]) => HEADER_NAME.test(name) && HEADER_VALUE.test(value));
  return areGood ? Object.fromEntries(headers) : null;
}

/** Pairs with values that are percent-encoded, as in W3C Baggage; `null` if they are none. */
function pairsIn(text: string): { readonly [name: string]: string } | null {
  const pairs: { [name: string]: string } = Object.create(null);
  for (const pair of text.split(',')) {
    if (pair.trim() === '') continue;
    const at = pair.indexOf('=');
    const name = pair.slice(0, Math.max(0, at)).trim();
    const value = decoded(pair.slice(at + 1).trim());
    if (name === '' || value === null) return null;
    pairs[name] = value;
  }
  return pairs;
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

function isHttp({ value }: Setting): boolean {
  const parsed = URL.parse(String(value));
  if (parsed === null || (parsed.protocol !== 'http:' && parsed.protocol !== 'https:')) return false;
  return parsed.username === '' && parsed.password === '';
}

function hasPath(url: string): boolean {
  return new URL(url).pathname !== '/';
}

/** Puts a path behind that of an address; its query stays. */
function withPath(url: string, path: string): string {
  const parsed = new URL(url);
  parsed.pathname = `${parsed.pathname.replace(/\/+$/, '')}${path}`;
  return parsed.toString();
}
