import type { RunNo } from './ids.ts';
import type { Json, JsonObject } from './json.ts';

/** The URI of an asset: a scheme and whatever follows it, in one line without spaces. */
export const ASSET_URI_PATTERN = '^[a-z][a-z0-9+.-]*:[^\\s\\u0000-\\u001f]+$';
export const ASSET_URI_MAX = 1_024;
/** Characters of the JSON that may come with an event. */
export const ASSET_EXTRA_MAX = 8_192;
/** Events of one asset that one run is given: the newest ones. */
export const EVENTS_PER_ASSET_MAX = 100;

/** The attempt whose success was an event of an asset. */
export interface AssetProducer {
  readonly runNo: RunNo;
  readonly runUid: string;
  readonly dagId: string;
  readonly nodeNo: number;
  readonly tryNo: number;
  /** The instance, such as `symbol[BTC].store`. */
  readonly task: string;
}

/** An asset has changed. Events have numbers that grow; they are never changed. */
export interface AssetEvent {
  readonly eventNo: number;
  readonly uri: string;
  /** Epoch milliseconds. */
  readonly at: number;
  /** `null`: reported from outside. */
  readonly producer: AssetProducer | null;
  /** Who reported it from outside, and the number of that request. */
  readonly reported: { readonly by: string; readonly requestNo: number } | null;
  readonly extra: JsonObject | null;
}

/** A file that arrived. Path, size and time of change tell one arrival from another. */
export interface FileArrival {
  readonly dagId: string;
  /** Relative to the project, with `/`. */
  readonly path: string;
  readonly bytes: number;
  /** When its content changed last, epoch milliseconds. */
  readonly modifiedAt: number;
  /** When it came to its place or was changed there, epoch milliseconds. */
  readonly arrivedAt: number;
}

/** What made a run beside time: events of assets, newest last, a file, or a request of another trace. */
export interface RunCause {
  /** At most {@link EVENTS_PER_ASSET_MAX} of each asset. */
  readonly events: readonly AssetEvent[];
  readonly file: FileArrival | null;
  /** The span of the request that asked for the run, as W3C Trace Context writes it. */
  readonly traceparent?: string;
}

/** What expressions and functions see of the events that made a run: URI or path to its events. */
export function assetFacts(cause: RunCause | undefined): { readonly [uri: string]: readonly JsonObject[] } {
  const facts: { [uri: string]: JsonObject[] } = Object.create(null);
  for (const event of cause?.events ?? []) {
    facts[event.uri] ??= [];
    facts[event.uri]?.push(eventFacts(event));
  }
  if (cause?.file) {
    const { path, bytes, modifiedAt, arrivedAt } = cause.file;
    facts[path] = [{ at: iso(arrivedAt), extra: { bytes, modifiedAt: iso(modifiedAt) } }];
  }
  return facts;
}

function eventFacts({ at, producer, reported, extra }: AssetEvent): JsonObject {
  const who: { [name: string]: Json } =
    producer === null
      ? { by: reported?.by ?? null }
      : { dagId: producer.dagId, runId: producer.runUid, taskId: producer.task };
  return { at: iso(at), ...who, extra };
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
