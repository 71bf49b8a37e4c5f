import type { AttemptDefinition } from '../model/attempt.ts';
import { type AttemptId, parseAttemptId } from '../model/ids.ts';
import { attemptSpanId, runSpanId, traceIdOf, traceparent } from '../telemetry/derived-ids.ts';

/** What an attempt continues: its own span; a hook, which has none, the span of its run. */
export function traceOf(
  { runUid, traced }: Pick<AttemptDefinition, 'runUid' | 'traced'>,
  attemptId: AttemptId,
): string {
  const of = parseAttemptId(attemptId);
  const spanId = of === null ? runSpanId(runUid, null) : attemptSpanId(runUid, of.node, of.tryNo);
  return traceparent(traceIdOf(runUid), spanId, traced === true);
}
