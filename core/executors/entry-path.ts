import { fileURLToPath } from 'node:url';

/**
 * The file of an entry of this folder, in the form that runs here: `.ts` in the repository, `.js` in the
 * package.
 */
export function entryPath(name: 'keeper-main' | 'runner-main'): string {
  const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
  return fileURLToPath(new URL(`./${name}${extension}`, import.meta.url));
}
