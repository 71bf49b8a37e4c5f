import { DeliveryError } from '../channels/delivery-error.ts';
import { post } from '../channels/post.ts';
import type { TelemetryTarget } from '../config/assemble-telemetry.ts';
import { type LineageEvent, type LineageSource, lineageOf } from '../telemetry/lineage.ts';
import type { Occurrence } from '../telemetry/occurrence.ts';
import { type OtlpSource, rejectedIn, tracesBody } from '../telemetry/otlp.ts';
import { spanOf } from '../telemetry/spans.ts';
import type { Refusal } from './telemetry-desk.ts';

const TIMEOUT_MS = 10_000;
/** Runs of lineage whose events are sent at once; the events of one are sent in their order. */
const AT_ONCE_MAX = 8;
/** By the specification of OTLP no other status may be tried again. */
const OTLP_PASSING: readonly number[] = [429, 502, 503, 504];

/**
 * Posts a body of OTLP; gives how many of its items were refused and why, `null` if none.
 * @throws DeliveryError when another try makes sense
 */
export async function sendOtlp(
  { url, headers }: TelemetryTarget,
  body: string,
  items: number,
  signal: AbortSignal,
): Promise<Refusal | null> {
  const isPassing = (status: number): boolean => OTLP_PASSING.includes(status);
  try {
    const answer = await post({ url, headers, body, timeoutMs: TIMEOUT_MS, signal, isPassing });
    const count = rejectedIn(answer);
    return count === 0 ? null : { count, why: 'a part of it was refused' };
  } catch (error) {
    return refusalOf(error, items);
  }
}

/** Sends the spans of what happened in one request. */
export async function sendSpans(
  target: TelemetryTarget,
  source: OtlpSource,
  occurrences: readonly Occurrence[],
  signal: AbortSignal,
): Promise<Refusal | null> {
  const spans = occurrences.flatMap((one) => spanOf(one) ?? []);
  return spans.length === 0 ? null : sendOtlp(target, tracesBody(source, spans), spans.length, signal);
}

/** Sends the events of what happened, a request each: no other form is taken everywhere. */
export async function sendLineage(
  target: TelemetryTarget,
  source: LineageSource,
  occurrences: readonly Occurrence[],
  signal: AbortSignal,
): Promise<Refusal | null> {
  const runs = new Map<string, LineageEvent[]>();
  for (const event of occurrences.flatMap((one) => lineageOf(one, source) ?? [])) {
    const known = runs.get(event.run.runId) ?? [];
    known.push(event);
    runs.set(event.run.runId, known);
  }
  let refused: Refusal | null = null;
  const left = [...runs.values()];
  const sendOn = async (): Promise<void> => {
    for (let events = left.shift(); events !== undefined; events = left.shift())
      for (const event of events) {
        const refusal = await sendEvent(target, event, signal);
        if (refusal !== null) refused = { count: (refused?.count ?? 0) + refusal.count, why: refusal.why };
      }
  };
  // What one of them cannot send, all wait for: nothing of this is under way when it is tried again.
  const ends = await Promise.allSettled(Array.from({ length: AT_ONCE_MAX }, sendOn));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  return refused;
}

async function sendEvent(
  { url, headers }: TelemetryTarget,
  event: LineageEvent,
  signal: AbortSignal,
): Promise<Refusal | null> {
  try {
    await post({ url, headers, body: JSON.stringify(event), timeoutMs: TIMEOUT_MS, signal });
    return null;
  } catch (error) {
    return refusalOf(error, 1);
  }
}

function refusalOf(error: unknown, count: number): Refusal {
  if (error instanceof DeliveryError && error.isFinal) return { count, why: error.message };
  throw error;
}
