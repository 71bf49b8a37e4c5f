import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * Keeps bytes under their hash in `<stateDir>/<folder>/<aa>/<sha256>`: complete or not at all. A file that is
 * there already is written anew: its age protects it until it is named in the store.
 */
export function keepByHash(stateDir: string, folder: 'outputs' | 'artifacts', bytes: Uint8Array): string {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const path = join(stateDir, folder, sha256.slice(0, 2), sha256);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const fresh = `${path}.${process.pid}-${randomBytes(4).toString('hex')}`;
  writeFileSync(fresh, bytes, { mode: 0o600, flush: true });
  renameSync(fresh, path);
  return sha256;
}
