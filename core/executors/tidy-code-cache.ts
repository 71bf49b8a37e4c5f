import type { Stats } from 'node:fs';
import { readdir, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { getCompileCacheDir } from 'node:module';
import { dirname, join } from 'node:path';
import { packagePath } from '../config/installation.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
/** What is older is compiled anew if it is needed: that is cheaper than to know whether it is. */
const AGE_MAX_MS = 30 * DAY_MS;
/** The entries of orch itself and of a large project take a tenth of it. */
const BYTES_MAX = 64 * 1024 * 1024;
/** When the last tidying was done is the time of this file. */
const STAMP = 'tidied';
/** Node keeps a folder for each of its versions, with a file for each path that was ever loaded. */
const VERSION_FOLDER = /^v\d+\.\d+\.\d+-/;
const ENTRY = /^[0-9a-f]{8}/;

/**
 * The folder of the compiled code that this process keeps, if it is orch's own: of a folder that the user
 * has chosen nothing is removed.
 */
export function ownCodeCache(stateDir: string): string | null {
  const inUse = getCompileCacheDir();
  if (inUse === undefined) return null;
  const folder = dirname(inUse);
  const own = [packagePath('node_modules/.cache/orch'), join(stateDir, 'cache', 'node')];
  return own.includes(folder) ? folder : null;
}

/**
 * Removes compiled code that is old, or the oldest if there is too much: every path that was ever loaded
 * leaves an entry, also those of projects and versions that are gone. Does it once a day.
 */
export async function tidyCodeCache(folder: string, now: number): Promise<void> {
  const stamp = join(folder, STAMP);
  const lastAt = (await statOf(stamp))?.mtimeMs ?? 0;
  if (now - lastAt < DAY_MS) return;
  const versions = (await namesIn(folder)).filter((name) => VERSION_FOLDER.test(name));
  const entries: { readonly path: string; readonly bytes: number; readonly at: number }[] = [];
  for (const version of versions) {
    for (const name of await namesIn(join(folder, version))) {
      const path = join(folder, version, name);
      const found = ENTRY.test(name) ? await statOf(path) : null;
      if (found?.isFile()) entries.push({ path, bytes: found.size, at: found.mtimeMs });
    }
  }
  entries.sort((a, b) => b.at - a.at);
  let bytes = 0;
  for (const entry of entries) {
    bytes += entry.bytes;
    if (bytes > BYTES_MAX || now - entry.at > AGE_MAX_MS) await rm(entry.path, { force: true });
  }
  // Only an empty folder goes.
  for (const version of versions) await rmdir(join(folder, version)).catch(() => undefined);
  await writeFile(stamp, '', { mode: 0o600 });
}

async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}

async function statOf(path: string): Promise<Stats | null> {
  return stat(path).catch(() => null);
}
