import { execFileSync } from 'node:child_process';
import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const TEXT_BYTES_MAX = 2_000_000;

/** Text files of the project by path: what git tracks, and what it would if it were added now. */
export function projectFiles(): Map<string, string> {
  const list = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: PROJECT,
  });
  const files = new Map<string, string>();
  for (const path of new Set(list.toString('utf8').split('\0').filter(Boolean))) {
    const stat = lstatSync(join(PROJECT, path), { throwIfNoEntry: false });
    if (!stat?.isFile() || stat.size > TEXT_BYTES_MAX) continue;
    const bytes = readFileSync(join(PROJECT, path));
    if (!bytes.includes(0)) files.set(path, bytes.toString('utf8'));
  }
  return files;
}
