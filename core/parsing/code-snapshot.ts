import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError } from '../model/errors.ts';
import { fileHash } from './code-manifest.ts';
import type { CodeManifest } from './parsed-file.ts';
import { absolutePath } from './project-path.ts';

/** Beside the code of a version: what its files import, so that nobody has to read them for that. */
export const FACTS_FILE = '.orch-code.json';

/** What {@link FACTS_FILE} holds. */
export interface KeptFacts extends Pick<CodeManifest, 'files' | 'imports'> {
  /** sha256 of the lockfile, which is not kept itself. */
  readonly lockfile?: string;
}

/** Where the code of a digest lies. */
export function snapshotDir(stateDir: string, digest: string): string {
  return join(stateDir, 'code', digest);
}

/**
 * Keeps the code of a manifest under `<stateDir>/code/<digest>/`, each file at its path in the project, and
 * gives that folder. A folder that is there is complete, since it appears by one rename; many processes may
 * save the same code at once. Fails with code `conflict` if a file has changed since it was parsed: parse
 * again.
 */
export async function saveSnapshot(
  stateDir: string,
  projectDir: string,
  manifest: CodeManifest,
): Promise<string> {
  const final = snapshotDir(stateDir, manifest.digest);
  if (existsSync(final)) return final;
  const building = join(stateDir, 'tmp', `code-${randomUUID()}`);
  await mkdir(dirname(final), { recursive: true, mode: 0o700 });
  await mkdir(building, { recursive: true, mode: 0o700 });
  try {
    for (const [path, sha256] of Object.entries(manifest.files)) {
      await copyVerified(projectDir, building, path, sha256);
    }
    const { files, imports, lockfile } = manifest;
    const facts: KeptFacts = { files, imports, ...(lockfile ? { lockfile: lockfile.sha256 } : {}) };
    await writeFile(join(building, FACTS_FILE), JSON.stringify(facts), { mode: 0o600, flush: true });
    await renameUnlessThere(building, final);
  } finally {
    await rm(building, { recursive: true, force: true });
  }
  return final;
}

/**
 * True if the declaring files, their code and the lockfile are as they were when the manifests were made, so
 * that parsing again would give the same. Reads each file once; starts nothing.
 */
export function isUnchanged(projectDir: string, manifests: readonly CodeManifest[]): boolean {
  const hashes = new Map<string, string | null>();
  const isStill = (path: string, sha256: string): boolean => {
    const hash = hashes.get(path) ?? fileHash(projectDir, path);
    hashes.set(path, hash);
    return hash === sha256;
  };
  return manifests.every(
    ({ entry, entryHash, lockfile, files }) =>
      isStill(entry, entryHash) &&
      (lockfile === undefined || isStill(lockfile.path, lockfile.sha256)) &&
      Object.entries(files).every(([path, sha256]) => isStill(path, sha256)),
  );
}

async function copyVerified(projectDir: string, into: string, path: string, sha256: string): Promise<void> {
  const content = await readFile(absolutePath(projectDir, path)).catch(() => null);
  if (content === null || createHash('sha256').update(content).digest('hex') !== sha256) {
    throw new AppError('conflict', `${path} has changed since it was read: try again`, { file: path });
  }
  const target = absolutePath(into, path);
  await mkdir(dirname(target), { recursive: true, mode: 0o700 });
  await writeFile(target, content, { mode: 0o600, flush: true });
}

/** Another process may have been faster; what it made is the same. */
async function renameUnlessThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (!existsSync(to)) throw error;
  }
}
