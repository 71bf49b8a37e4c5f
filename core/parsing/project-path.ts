import { isAbsolute, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The path of `absolute` inside `projectDir`, with `/`; `null` if it is not inside. */
export function projectPath(projectDir: string, absolute: string): string | null {
  if (!isAbsolute(absolute)) return null;
  const path = relative(projectDir, absolute);
  if (path === '' || path === '..' || path.startsWith(`..${sep}`) || isAbsolute(path)) return null;
  return sep === '/' ? path : path.split(sep).join('/');
}

/** The absolute path of a project path. */
export function absolutePath(projectDir: string, path: string): string {
  return join(projectDir, ...path.split('/'));
}

/** True for files of installed packages. */
export function isInPackages(path: string): boolean {
  return path.split(sep).includes('node_modules');
}

/** The path of a `file:` URL, query and fragment left out; other text is returned as it is. */
export function pathOfModule(module: string): string {
  if (!module.startsWith('file:')) return module;
  return fileURLToPath(module.replace(/[?#].*$/s, ''));
}
