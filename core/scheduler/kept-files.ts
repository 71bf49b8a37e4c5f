import { lstat, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunNo } from '../model/ids.ts';

/** Whoever writes a file names it in the store sooner than this. */
const AGE_MIN_MS = 86_400_000;
const SHA256 = /^[0-9a-f]{64}$/;
/** A file that is about to go: if somebody names it after all, the next look puts it back. */
const LEAVING = '.leaving';

/** Deletes the logs of a run. */
export async function removeLogs(stateDir: string, runNo: RunNo): Promise<void> {
  await rm(join(stateDir, 'logs', String(runNo)), { recursive: true, force: true });
}

/** Deletes the logs of runs that are not there any more. */
export async function sweepLogs(
  stateDir: string,
  isThere: (runNo: RunNo) => Promise<boolean>,
): Promise<void> {
  for (const name of await namesIn(join(stateDir, 'logs'))) {
    const runNo = Number(name) as RunNo;
    if (Number.isSafeInteger(runNo) && !(await isThere(runNo))) await removeLogs(stateDir, runNo);
  }
}

/**
 * Deletes files of outputs and artifacts that nobody names, in two looks: the first one puts them aside, the
 * next one deletes them, unless they are named by then. How many are gone.
 */
export async function sweepFiles(
  stateDir: string,
  now: number,
  inUse: () => Promise<ReadonlySet<string>>,
): Promise<number> {
  const old: { readonly path: string; readonly sha256: string; readonly leaving: boolean }[] = [];
  for (const folder of ['outputs', 'artifacts']) {
    for (const part of await namesIn(join(stateDir, folder))) {
      for (const name of await namesIn(join(stateDir, folder, part))) {
        const path = join(stateDir, folder, part, name);
        const leaving = name.endsWith(LEAVING);
        const sha256 = leaving ? name.slice(0, -LEAVING.length) : name;
        const facts = SHA256.test(sha256) ? await lstat(path).catch(() => null) : null;
        if (facts && now - facts.mtimeMs >= AGE_MIN_MS) old.push({ path, sha256, leaving });
      }
    }
  }
  if (old.length === 0) return 0;
  const named = await inUse();
  let gone = 0;
  for (const { path, sha256, leaving } of old) {
    const place = leaving ? path.slice(0, -LEAVING.length) : path;
    if (named.has(sha256)) {
      if (leaving) await rename(path, place);
    } else if (leaving) {
      await rm(path, { force: true });
      gone++;
    } else await rename(path, place + LEAVING);
  }
  return gone;
}

async function namesIn(dir: string): Promise<readonly string[]> {
  return readdir(dir).catch(() => []);
}
