import { foreignSpan } from '../core/telemetry/derived-ids.ts';
import type { Input } from './route.ts';

/** The span of who asks, for a run that is made; nothing if a request has none, or none that is valid. */
export function askingSpan(header: Input<unknown, unknown, unknown>['header']): { traceparent?: string } {
  const traceparent = header('traceparent');
  return traceparent === undefined || foreignSpan(traceparent) === null ? {} : { traceparent };
}
