import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FACTS_FILE, type KeptFacts } from './code-snapshot.ts';

/** The digest of a piece of code, or a sentence about why it has none. */
export type ClosureDigest = { readonly digest: string } | { readonly problem: string };

/**
 * The digest of one file of kept code and of whatever it imports, directly or not: equal for equal code,
 * whatever else the version holds. Packages are named by the lockfile. Code that was kept without its imports
 * has the digest of all code of the version.
 *
 * @param root The folder of the kept code.
 * @param path The file, relative to it.
 * @param wholeDigest The digest of all code in the folder.
 */
export function closureDigest(root: string, path: string, wholeDigest: string): ClosureDigest {
  const facts = readFacts(root);
  if (facts === null) return { digest: wholeDigest };
  const found = new Set<string>();
  const open = [path];
  let usesPackages = false;
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (found.has(next)) continue;
    found.add(next);
    const imports = Object.hasOwn(facts.imports, next) ? facts.imports[next] : undefined;
    if (imports === undefined) return { problem: `${next} is not part of the code of the version` };
    if (imports.unknown) return { problem: `${next} imports a module whose name is known only when it runs` };
    usesPackages ||= imports.packages === true;
    open.push(...imports.files);
  }
  const hash = createHash('sha256');
  for (const name of [...found].sort()) hash.update(`${name}\n${facts.files[name]}\n`);
  if (usesPackages) hash.update(`lockfile\n${facts.lockfile ?? 'none'}\n`);
  return { digest: hash.digest('hex') };
}

function readFacts(root: string): KeptFacts | null {
  try {
    return JSON.parse(readFileSync(join(root, FACTS_FILE), 'utf8')) as KeptFacts;
  } catch {
    return null;
  }
}
