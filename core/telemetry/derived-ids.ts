import { hash } from 'node:crypto';

/**
 * Ids that others know things by are made of what orch has anyway: whoever sends a span or an event again,
 * after a crash or as another leader, sends the same one, and an attempt knows its span before it has ended.
 */

/** Of W3C Trace Context: version, and whether somebody keeps the trace. */
const VERSION = '00';
const SAMPLED = '01';
const NOT_SAMPLED = '00';

const TRACEPARENT_LENGTH = 55;

const TRACE_BYTES = 16;
const SPAN_BYTES = 8;

/** The trace of a run, whatever becomes of the run. */
export function traceIdOf(runUid: string): string {
  return digest(`run ${runUid}`, TRACE_BYTES);
}

/**
 * The span of a run from its beginning to its end.
 *
 * @param reopenedBy the line of the journal by which the run began once more after an end, as a retry by hand
 *   does; `null` for the first time
 */
export function runSpanId(runUid: string, reopenedBy: number | null): string {
  return digest(`run ${runUid} ${reopenedBy ?? 0}`, SPAN_BYTES);
}

/**
 * The span of a task instance from its first attempt to its end.
 *
 * @param tryBase attempts that belong to earlier ends of the instance
 */
export function taskSpanId(runUid: string, nodeNo: number, tryBase: number): string {
  return digest(`task ${runUid} ${nodeNo} ${tryBase}`, SPAN_BYTES);
}

/** The span of an attempt. */
export function attemptSpanId(runUid: string, nodeNo: number, tryNo: number): string {
  return digest(`attempt ${runUid} ${nodeNo} ${tryNo}`, SPAN_BYTES);
}

/** What a process is given that is to continue a trace, as the header `traceparent` of W3C has it. */
export function traceparent(traceId: string, spanId: string, isSampled: boolean): string {
  return `${VERSION}-${traceId}-${spanId}-${isSampled ? SAMPLED : NOT_SAMPLED}`;
}

/** A span that somebody else has made. */
export interface ForeignSpan {
  readonly traceId: string;
  readonly spanId: string;
}

/** The span that a header `traceparent` names, of whatever version; `null` for one that is not valid. */
export function foreignSpan(text: string): ForeignSpan | null {
  const [, version, traceId = '', spanId = ''] =
    /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(?:$|-)/.exec(text) ?? [];
  const isWhole = version !== VERSION || text.length === TRACEPARENT_LENGTH;
  if (version === undefined || version === 'ff' || !isWhole) return null;
  return /^0+$/.test(traceId) || /^0+$/.test(spanId) ? null : { traceId, spanId };
}

/** The run of lineage that a task instance is, by the same numbers as its span. */
export function taskRunUuid(runUid: string, nodeNo: number, tryBase: number): string {
  return uuid(`task ${runUid} ${nodeNo} ${tryBase}`);
}

/** The run of lineage that a run is which began once more after an end. */
export function reopenedRunUuid(runUid: string, reopenedBy: number): string {
  return uuid(`run ${runUid} ${reopenedBy}`);
}

/** A UUIDv8 (RFC 9562). */
function uuid(text: string): string {
  const hex = digest(text, 16);
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 0x3) | 0x8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20),
  ].join('-');
}

function digest(text: string, bytes: number): string {
  return hash('sha256', text, 'hex').slice(0, bytes * 2);
}
