import { openKept } from '../core/log/kept-file.ts';

/** What may stand in `Content-Type` as it is: the name comes from a task. */
const MEDIA_TYPE = /^[\w.+-]+\/[\w.+-]+(?:; ?charset=[\w-]+)?$/;

/** A file that is given away. */
export interface SentFile {
  readonly path: string;
  /** What whoever asks should save it as. */
  readonly name: string;
  readonly mediaType: string;
}

/** Answers with a file that browsers save and never show; `null` if it is not there. */
export async function sendFile({ path, name, mediaType }: SentFile): Promise<Response | null> {
  const looked = await openKept(path).catch(() => null);
  if (looked === null) return null;
  const { size } = await looked.stat().finally(() => looked.close());
  const headers = {
    'content-type': MEDIA_TYPE.test(mediaType) ? mediaType : 'application/octet-stream',
    'content-length': String(size),
    'content-disposition': disposition(name),
    'x-content-type-options': 'nosniff',
  };
  // Opened by the first read: an answer to HEAD is never read.
  return new Response(ReadableStream.from(chunksOf(path, size)), { headers });
}

async function* chunksOf(path: string, size: number): AsyncGenerator<Uint8Array> {
  const file = size === 0 ? null : await openKept(path);
  if (file !== null) yield* file.createReadStream({ end: size - 1 });
}

/** The name without what leads out of a folder, as plain ASCII and by RFC 8187. */
function disposition(name: string): string {
  const base = name.split(/[/\\]/).at(-1) ?? '';
  const safe = base.replaceAll(/[\p{Cc}\p{Cf}"<>:|?*]/gu, '_').replace(/^\.+/, '_') || 'file';
  const ascii = safe.replaceAll(/[^\x20-\x7e]/g, '_');
  const encoded = encodeURIComponent(safe.toWellFormed()).replaceAll(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`;
}
