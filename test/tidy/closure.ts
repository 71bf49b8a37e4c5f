import type { ImportGraph } from './imports.ts';
import { resolveImport } from './imports.ts';

/** What a child process that holds user code must never load. */
const FORBIDDEN = [
  'core/store/',
  'core/scheduler/',
  'migrations/',
  'cli/',
  'server/',
  'kysely',
  'pg',
  'node:sqlite',
];

/** Everything that an entry loads at run time, with the chain of imports that leads there. */
export function runtimeClosure(graph: ImportGraph, entry: string): Map<string, readonly string[]> {
  const chains = new Map<string, readonly string[]>([[entry, [entry]]]);
  for (const path of chains.keys()) {
    for (const one of graph.get(path) ?? []) {
      if (one.typeOnly) continue;
      const target = resolveImport(path, one.specifier) ?? one.specifier;
      if (!chains.has(target)) chains.set(target, [...(chains.get(path) ?? []), target]);
    }
  }
  return chains;
}

/** Ways on which an entry for user code reaches the store. */
export function forbiddenInClosure(graph: ImportGraph, entry: string): string[] {
  if (!graph.has(entry)) return [`${entry}: the entry does not exist`];
  return [...runtimeClosure(graph, entry)]
    .filter(([target]) =>
      FORBIDDEN.some((one) =>
        one.endsWith('/') ? target.startsWith(one) : target === one || target.startsWith(`${one}/`),
      ),
    )
    .map(([, chain]) => `${chain.join(' -> ')}: user code must not come near the store`);
}
