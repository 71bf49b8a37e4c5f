import type { ArtifactRef } from '../model/attempt.ts';
import type { Json } from '../model/json.ts';
import { jsonProblem } from './json-problem.ts';
import { keepByHash } from './output-file.ts';

const NAME_BYTES_MAX = 255;

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  csv: 'text/csv',
  gif: 'image/gif',
  html: 'text/html',
  jpg: 'image/jpeg',
  json: 'application/json',
  md: 'text/markdown',
  parquet: 'application/vnd.apache.parquet',
  pdf: 'application/pdf',
  png: 'image/png',
  svg: 'image/svg+xml',
  txt: 'text/plain',
};

/**
 * Keeps content as a file of the run.
 *
 * @throws TypeError when the name or the content cannot be kept.
 */
export function artifactOf(
  stateDir: string,
  name: string,
  content: string | Uint8Array | Json,
  mediaType?: string,
): ArtifactRef {
  if (typeof name !== 'string' || name === '' || !isPlain(name) || Buffer.byteLength(name) > NAME_BYTES_MAX) {
    throw new TypeError(
      `the name of an artifact is a text of 1 to ${NAME_BYTES_MAX} bytes without control characters`,
    );
  }
  const bytes = bytesOf(content);
  const sha256 = keepByHash(stateDir, 'artifacts', bytes);
  return { name, bytes: bytes.length, mediaType: mediaType ?? mediaTypeOf(name, content), sha256 };
}

/** Without control characters. */
function isPlain(name: string): boolean {
  return [...name].every((char) => char >= ' ' && char !== '\x7f');
}

function bytesOf(content: string | Uint8Array | Json): Uint8Array {
  if (typeof content === 'string') return Buffer.from(content, 'utf8');
  if (content instanceof Uint8Array) return content;
  const problem = jsonProblem(content);
  if (problem !== null) throw new TypeError(problem.replace('the output', 'the artifact'));
  return Buffer.from(JSON.stringify(content, null, 2), 'utf8');
}

function mediaTypeOf(name: string, content: string | Uint8Array | Json): string {
  const known = MEDIA_TYPES[name.slice(name.lastIndexOf('.') + 1).toLowerCase()];
  if (known !== undefined) return known;
  if (typeof content === 'string') return 'text/plain';
  return content instanceof Uint8Array ? 'application/octet-stream' : 'application/json';
}
