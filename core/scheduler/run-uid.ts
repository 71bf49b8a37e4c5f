import { createHash, randomBytes } from 'node:crypto';

/** A new run id: a UUIDv7, so that ids sort by the time of asking. */
export function newRunUid(now: number): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(now, 0, 6);
  return uuidText(bytes, 7);
}

/** The run id that belongs to a key: a UUIDv8 (RFC 9562), the same whenever the key comes. */
export function keyedRunUid(key: string): string {
  return uuidText(createHash('sha256').update(key).digest(), 8);
}

function uuidText(bytes: Buffer, version: number): string {
  bytes.writeUInt8(((bytes[6] ?? 0) & 0x0f) | (version << 4), 6);
  bytes.writeUInt8(((bytes[8] ?? 0) & 0x3f) | 0x80, 8);
  const hex = bytes.toString('hex', 0, 16);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
