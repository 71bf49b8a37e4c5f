import { createHash } from 'node:crypto';

/** Longest name, well under the 255 bytes that file systems allow with room for prefixes and suffixes. */
const NAME_MAX = 120;

/**
 * A symbol as the name of a file or folder: one path segment on every system, different for different
 * symbols. Letters, digits, `_`, `-` and inner dots stay, everything else is percent-encoded, so that
 * readers of Hive partitions get the symbol back. A name that would be too long ends in `~` and a hash
 * instead.
 */
export function symbolName(symbol: string): string {
  const encoded = [...Buffer.from(symbol, 'utf8')].map(encodeByte).join('');
  const name = encoded.replace(/^\./, '%2E').replace(/\.$/, '%2E');
  if (name.length <= NAME_MAX) return name;
  const hash = createHash('sha256').update(symbol).digest('hex').slice(0, 24);
  return `${name.slice(0, NAME_MAX - 25).replace(/%[0-9A-F]?$/, '')}~${hash}`;
}

function encodeByte(byte: number): string {
  const char = String.fromCharCode(byte);
  return /[A-Za-z0-9_.-]/.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
}
