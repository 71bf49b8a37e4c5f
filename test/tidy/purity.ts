import { FLOORS, folderOf } from './floors.ts';
import type { ImportGraph } from './imports.ts';
import type { Source } from './source.ts';
import { dottedName, nodesOf, placeOf } from './source.ts';

/** The highest floor that is pure: a function of its arguments. */
const PURE_FLOOR_MAX = 2;
const HASHING = ['createHash', 'hash'];
const AMBIENT = [
  'process',
  'performance',
  'fetch',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'crypto',
  'Bun',
  'Deno',
];

function isPure(path: string): boolean {
  const folder = folderOf(path);
  return folder !== undefined && (FLOORS[folder] ?? 0) <= PURE_FLOOR_MAX;
}

/** Built-in modules imported below the impure floors; only the hashing of `node:crypto` is allowed. */
export function builtinImports(graph: ImportGraph): string[] {
  return [...graph].flatMap(([path, imports]) =>
    imports
      .filter((one) => isPure(path) && /^node:/.test(one.specifier) && !one.typeOnly)
      .filter((one) => one.specifier !== 'node:crypto' || !one.names.every((name) => HASHING.includes(name)))
      .map((one) => `${path}:${one.line} -> ${one.specifier}: floors 0 to ${PURE_FLOOR_MAX} do no IO`),
  );
}

/** Uses of the process, timers and network below the impure floors; `allowed` lists the files that may. */
export function ambientUses(source: Source, allowed: readonly string[]): string[] {
  if (!isPure(source.path) || allowed.includes(source.path)) return [];
  return nodesOf(source, 'MemberExpression', 'CallExpression').flatMap((node) => {
    const name = dottedName(node['type'] === 'CallExpression' ? node['callee'] : node['object']);
    return AMBIENT.includes(name)
      ? [`${placeOf(source, node)}: ${name} is out of reach for floors 0 to ${PURE_FLOOR_MAX}`]
      : [];
  });
}
