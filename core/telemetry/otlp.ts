import { ATTRIBUTE } from './cicd.ts';

/** A value of an attribute, as the JSON of OTLP has it: 64-bit integers are texts. */
export type OtlpValue = { readonly stringValue: string } | { readonly intValue: string };
export interface OtlpAttribute {
  readonly key: string;
  readonly value: OtlpValue;
}

/** Kinds of spans, by the numbers of the protocol. */
export const SPAN_KIND = { internal: 1, server: 2 } as const;
/** Codes of states of spans. */
export const SPAN_STATUS = { unset: 0, error: 2 } as const;
/** How figures of several exports belong together: all since the start. */
export const CUMULATIVE = 2;

export interface OtlpSpan {
  /** 32 and 16 hexadecimal digits: the one exception from base64 in the JSON of OTLP. */
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly OtlpAttribute[];
  readonly links?: readonly OtlpLink[];
  readonly status: { readonly code: number; readonly message?: string };
}

export interface OtlpLink {
  readonly traceId: string;
  readonly spanId: string;
  readonly attributes: readonly OtlpAttribute[];
}

interface NumberPoint {
  readonly attributes: readonly OtlpAttribute[];
  readonly startTimeUnixNano: string;
  readonly timeUnixNano: string;
  readonly asInt: string;
}

interface HistogramPoint extends Omit<NumberPoint, 'asInt'> {
  readonly count: string;
  readonly sum: number;
  readonly bucketCounts: readonly string[];
  readonly explicitBounds: readonly number[];
}

export interface OtlpMetric {
  readonly name: string;
  readonly unit: string;
  readonly sum?: {
    readonly dataPoints: readonly NumberPoint[];
    readonly aggregationTemporality: number;
    readonly isMonotonic: boolean;
  };
  readonly histogram?: {
    readonly dataPoints: readonly HistogramPoint[];
    readonly aggregationTemporality: number;
  };
}

/** Who sends. */
export interface OtlpSource {
  readonly serviceName: string;
  /** What else is said of it, by name. */
  readonly resource?: { readonly [name: string]: string };
  /** The version of orch. */
  readonly version: string;
}

/** The body of a request to `/v1/traces`. */
export function tracesBody(source: OtlpSource, spans: readonly OtlpSpan[]): string {
  const scopeSpans = [{ scope: scopeOf(source), spans }];
  return JSON.stringify({ resourceSpans: [{ resource: resourceOf(source), scopeSpans }] });
}

/** The body of a request to `/v1/metrics`. */
export function metricsBody(source: OtlpSource, metrics: readonly OtlpMetric[]): string {
  const scopeMetrics = [{ scope: scopeOf(source), metrics }];
  return JSON.stringify({ resourceMetrics: [{ resource: resourceOf(source), scopeMetrics }] });
}

/** How many items of a request a receiver says that it has refused, of an answer that takes the rest. */
export function rejectedIn(answer: string): number {
  try {
    const parsed = JSON.parse(answer) as { partialSuccess?: { [name: string]: unknown } } | null;
    const { rejectedSpans, rejectedDataPoints } = parsed?.partialSuccess ?? {};
    const rejected = Number(rejectedSpans ?? rejectedDataPoints ?? 0);
    return Number.isSafeInteger(rejected) && rejected > 0 ? rejected : 0;
  } catch {
    return 0;
  }
}

/** Attributes in their order; those that are `null` are left out. */
export function attributesOf(
  values: readonly (readonly [string, string | number | null])[],
): readonly OtlpAttribute[] {
  return values.flatMap(([key, value]): OtlpAttribute[] => {
    if (value === null) return [];
    if (typeof value === 'string') return [{ key, value: { stringValue: value } }];
    return [{ key, value: { intValue: String(value) } }];
  });
}

/** Epoch milliseconds as nanoseconds: more than a number holds. */
export function nanos(ms: number): string {
  return String(BigInt(Math.round(ms)) * 1_000_000n);
}

function resourceOf({ serviceName, version, resource = {} }: OtlpSource): {
  attributes: readonly OtlpAttribute[];
} {
  const own = { [ATTRIBUTE.serviceName]: serviceName, [ATTRIBUTE.serviceVersion]: version };
  const others = Object.entries(resource).filter(([name]) => !(name in own));
  return { attributes: attributesOf([...Object.entries(own), ...others]) };
}

function scopeOf({ version }: OtlpSource): { name: string; version: string } {
  return { name: 'orch', version };
}
