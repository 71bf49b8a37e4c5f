import { posix } from 'node:path';
import type { ImportGraph } from './imports.ts';
import { resolveImport } from './imports.ts';
import type { Source } from './source.ts';
import { nodesOf } from './source.ts';

/** Files that something outside the imports starts or reads. */
const ENTRIES = [
  /^cli\/(orch|pack-(packages|dist))\.js$/,
  /^server\/page\/(main|reference)\.js$/,
  /^core\/authoring\/index\.ts$/,
  /(^|\/)[^/]+-main\.ts$/,
  /^core\/parsing\/parse-child\.ts$/,
  /^dags\/[^/]+\.ts$/,
  /^operators\/[^/]+\.ts$/,
  /^bench\/(main|[^/]+\.bench)\.ts$/,
  /\.test\.ts$/,
  /\.config\.ts$/,
  /^test\/(twins|types)\//,
  /(^|\/)(fixtures|projects)\//,
  /^\.ci\//,
];

/** Files named by a text of a source: `new URL('./child.ts', import.meta.url)`, or `'child.ts'` beside it. */
export function namedFiles(source: Source): string[] {
  return nodesOf(source, 'Literal').flatMap(({ value }) => {
    const name = /^([\w./-]+\.(?:ts|tsx|js|mjs))(?:#.*)?$/.exec(typeof value === 'string' ? value : '')?.[1];
    return name === undefined ? [] : [posix.normalize(posix.join(posix.dirname(source.path), name))];
  });
}

/** Files named by `uses: ./x/y.ts#z` in a YAML file. */
export function filesUsedByYaml(path: string, text: string): string[] {
  return [...text.matchAll(/uses:\s*['"]?(\.{1,2}\/[^\s#'"]+)#/g)].map(
    (match) => resolveImport(path, match[1] ?? '') ?? '',
  );
}

/** Sources that neither an entry nor a test reaches. `roots` are further files that something names. */
export function deadFiles(
  sources: readonly Source[],
  roots: readonly string[],
  graph: ImportGraph,
): string[] {
  const byPath = new Map(sources.map((source) => [source.path, source]));
  const alive = new Set([...byPath.keys()].filter((path) => ENTRIES.some((entry) => entry.test(path))));
  for (const root of roots) alive.add(root);
  for (const path of alive) {
    const source = byPath.get(path);
    for (const name of source ? namedFiles(source) : []) alive.add(name);
    for (const one of graph.get(path) ?? []) alive.add(resolveImport(path, one.specifier) ?? one.specifier);
  }
  return [...byPath.keys()]
    .filter((path) => !alive.has(path))
    .map((path) => `${path}: nothing imports it and it is no entry`);
}
