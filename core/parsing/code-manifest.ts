import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import type { GraphFile } from './import-graph.ts';
import type { CodeManifest, FileImports } from './parsed-file.ts';
import { absolutePath } from './project-path.ts';

const LOCKFILES = [
  'package-lock.json',
  'npm-shrinkwrap.json',
  'pnpm-lock.yaml',
  'yarn.lock',
  'bun.lock',
] as const;

/** The manifest of a DAG declared in `entry` whose code is `closure`. */
export function codeManifest(
  projectDir: string,
  entry: { readonly path: string; readonly sha256: string },
  closure: ReadonlyMap<string, GraphFile>,
): CodeManifest {
  const paths = [...closure.keys()].sort();
  const files = Object.fromEntries(paths.map((path) => [path, closure.get(path)?.sha256 ?? '']));
  const usesPackages = [...closure.values()].some((file) => file.usesPackages);
  const lockfile = usesPackages ? findLockfile(projectDir) : undefined;
  const hash = createHash('sha256');
  for (const path of paths) hash.update(`${path}\n${files[path]}\n`);
  if (lockfile !== undefined) hash.update(`lockfile\n${lockfile.sha256}\n`);
  const imports = Object.fromEntries([...closure].map(([path, file]) => [path, importsOf(file)]));
  const code = { digest: hash.digest('hex'), entry: entry.path, entryHash: entry.sha256, files, imports };
  return lockfile === undefined ? code : { ...code, lockfile };
}

function importsOf({ imports, usesPackages, module }: GraphFile): FileImports {
  return {
    files: [...imports].sort(),
    ...(usesPackages ? { packages: true } : {}),
    ...(module.importsUnknown ? { unknown: true } : {}),
  };
}

/** The sha256 of a file of the project; `null` if it cannot be read. What is no file might never end. */
export function fileHash(projectDir: string, path: string): string | null {
  const file = absolutePath(projectDir, path);
  try {
    if (!statSync(file).isFile()) return null;
    return createHash('sha256').update(readFileSync(file)).digest('hex');
  } catch {
    return null;
  }
}

function findLockfile(projectDir: string): CodeManifest['lockfile'] {
  for (const path of LOCKFILES) {
    const sha256 = fileHash(projectDir, path);
    if (sha256 !== null) return { path, sha256 };
  }
  return undefined;
}
