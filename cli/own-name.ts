import { existsSync, realpathSync } from 'node:fs';
import { basename, delimiter, dirname, join } from 'node:path';
import { packagePath } from '../core/config/installation.ts';

/**
 * What to type in a folder to have this orch run: `orch` where the PATH has it, `npx orch` where npx finds it
 * there; `null` where it would take another one from the registry, or nothing.
 */
export function ownNameIn(dir: string, path: string | undefined): 'orch' | 'npx orch' | null {
  const own = realpathSync(packagePath('cli/orch.js'));
  const isOwn = (file: string): boolean => existsSync(file) && realpathSync(file) === own;
  // npx puts these in front of the PATH for as long as it runs.
  const isOfNpx = (folder: string): boolean => folder.endsWith(join('node_modules', '.bin'));
  const folders = (path ?? '').split(delimiter).filter((folder) => folder !== '' && !isOfNpx(folder));
  if (folders.some((folder) => isOwn(join(folder, 'orch')))) return 'orch';
  const prefix = npmPrefix(dir);
  if (prefix === null) return null;
  // In a clone npx runs what the package itself brings.
  const isClone = own === join(realpathSync(prefix), 'cli', 'orch.js');
  return isClone || existsSync(join(prefix, 'node_modules', '.bin', 'orch')) ? 'npx orch' : null;
}

/** The folder whose packages npx uses: the nearest one that has a manifest or packages. */
function npmPrefix(dir: string): string | null {
  for (let folder = dir; ; folder = dirname(folder)) {
    const has = (name: string): boolean => existsSync(join(folder, name));
    if (basename(folder) !== 'node_modules' && (has('package.json') || has('node_modules'))) return folder;
    if (dirname(folder) === folder) return null;
  }
}
