import { compress } from 'hono/compress';

const COMPRESSED_FROM_BYTES = 1_024;
/** Streams have other types: what is compressed waits until there is enough of it. */
const JSON_TYPE = /^application\/(problem\+)?json(;|$)/;

/** Compresses JSON that is worth it, for clients that accept it. */
export const compressJson = compress({ threshold: COMPRESSED_FROM_BYTES, contentTypeFilter: JSON_TYPE });

/** The headers of a JSON text; without its length it would be compressed however short it is. */
export function jsonHeaders(text: string): Record<string, string> {
  return { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) };
}
