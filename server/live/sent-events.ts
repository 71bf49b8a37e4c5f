import type { Access } from '../access.ts';
import type { EventBatch, LiveEvent } from './live-event.ts';

/** What a listener asked for. */
export interface EventFilter {
  /** Only events of these DAGs; `null`: of all. */
  readonly dagIds: ReadonlySet<string> | null;
  /** Only events of these runs; `null`: of all. */
  readonly runIds: ReadonlySet<string> | null;
}

const encoder = new TextEncoder();
/** What was sent of batches, by what its listeners may see; it goes with the batch. */
const made = new WeakMap<EventBatch, Map<string, Uint8Array>>();

/**
 * What of a batch goes to a listener, as it goes over the line; empty: nothing of it. It is made once for all
 * who may see the same and asked for everything: hundreds of streams share the bytes.
 */
export function sentOf(batch: EventBatch, access: Access, filter: EventFilter): Uint8Array {
  if (filter.dagIds !== null || filter.runIds !== null) return encode(batch, access, filter);
  const view = access.seesAll ? '' : JSON.stringify(access.principal.grants);
  const sent = made.get(batch) ?? new Map<string, Uint8Array>();
  made.set(batch, sent);
  const bytes = sent.get(view) ?? encode(batch, access, filter);
  sent.set(view, bytes);
  return bytes;
}

function encode({ events }: EventBatch, access: Access, filter: EventFilter): Uint8Array {
  let text = '';
  for (const event of events) if (isFor(event, access, filter)) text += event.text;
  return encoder.encode(text);
}

function isFor({ dagId, runId }: LiveEvent, access: Access, { dagIds, runIds }: EventFilter): boolean {
  if (dagIds !== null && (dagId === null || !dagIds.has(dagId))) return false;
  if (runIds !== null && (runId === null || !runIds.has(runId))) return false;
  return access.has('viewer', dagId);
}
