import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError } from '../model/errors.ts';

/** The longest path that a Unix socket may have on every system that orch runs on. */
const SOCKET_PATH_MAX = 100;

/** Where the code of a version lies. */
export function codeDir(stateDir: string, codeHash: string): string {
  return join(stateDir, 'code', codeHash);
}

/** Where a spilled output lies. */
export function outputFile(stateDir: string, sha256: string): string {
  return join(stateDir, 'outputs', sha256.slice(0, 2), sha256);
}

/** Where an artifact lies. */
export function artifactFile(stateDir: string, sha256: string): string {
  return join(stateDir, 'artifacts', sha256.slice(0, 2), sha256);
}

/** orch's own log. */
export function logFile(stateDir: string): string {
  return join(stateDir, 'log', 'orch.log');
}

/**
 * The socket of the leader; in a private folder of the system's temporary files when the state folder is too
 * deep.
 * @throws AppError `conflict` if that folder is of somebody else, or open to others.
 */
export function leaderSocket(stateDir: string): string {
  const own = join(stateDir, 'leader.sock');
  if (Buffer.byteLength(own) <= SOCKET_PATH_MAX) return own;
  const name = createHash('sha256').update(stateDir).digest('hex').slice(0, 24);
  const dir = join(tmpdir(), `orch-${process.getuid?.() ?? 0}`);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  // The name can be guessed, and whoever is first has the folder.
  const { uid, mode } = lstatSync(dir);
  if (uid !== (process.getuid?.() ?? uid) || (mode & 0o077) !== 0)
    throw new AppError(
      'conflict',
      `${dir} is not for its user alone: remove it, or set TMPDIR to another folder`,
    );
  return join(dir, `${name}.sock`);
}
