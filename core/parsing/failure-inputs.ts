import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { fileHash } from './code-manifest.ts';
import { absolutePath } from './project-path.ts';

const CODE = /\.[cm]?[jt]s$/;
/** A text that may be the path of an import. */
const RELATIVE = /(['"`])(\.{1,2}\/[^'"`\n]+)\1/g;

/**
 * The files that are run when a DAG file is loaded, each with its sha256: the file, what it imports, and the
 * operators of the project. Every relative path in their texts counts as an import, so that nothing has to be
 * understood of files that are perhaps broken. `undefined` if the file cannot be read.
 */
export function failureInputs(projectDir: string, file: string): { [path: string]: string } | undefined {
  const inputs = new Map<string, string>();
  const open = [file, ...operatorFiles(projectDir)];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    const sha256 = inputs.has(path) ? null : fileHash(projectDir, path);
    if (sha256 === null) continue;
    inputs.set(path, sha256);
    if (CODE.test(path)) open.push(...pathsIn(projectDir, path));
  }
  return inputs.has(file) ? Object.fromEntries(inputs) : undefined;
}

/** Paths of the project that the text of a file names. */
function pathsIn(projectDir: string, path: string): string[] {
  const text = readFileSync(absolutePath(projectDir, path), 'utf8');
  const named = [...text.matchAll(RELATIVE)].map(([, , relative = '']) => relative);
  return named
    .map((relative) => posix.join(posix.dirname(path), relative))
    .filter((found) => CODE.test(found) && !found.startsWith('../'));
}

function operatorFiles(projectDir: string): string[] {
  try {
    const names = readdirSync(absolutePath(projectDir, 'operators'));
    return names.filter((name) => CODE.test(name)).map((name) => `operators/${name}`);
  } catch {
    return [];
  }
}
