import type { ImportGraph } from './imports.ts';
import { resolveImport } from './imports.ts';

/** The floor of every folder of the engine; an import goes down or stays on its floor. */
export const FLOORS: Readonly<Record<string, number>> = {
  'core/model': 0,
  client: 0,
  'core/schema': 1,
  'core/graph': 1,
  'core/authoring': 1,
  'core/expression': 1,
  'core/cron': 1,
  'core/planner': 2,
  'core/timetables': 2,
  'core/alerting': 2,
  'core/telemetry': 2,
  'core/simulation': 2,
  'core/store': 3,
  'core/accounts': 3,
  'core/secrets': 3,
  'core/config': 3,
  'core/log': 3,
  'core/observe': 3,
  'core/channels': 3,
  'core/parsing': 4,
  'core/executors': 4,
  'core/scheduler': 5,
  cli: 6,
  server: 6,
};

/** The folder of the floor plan that holds a file, or `undefined`. */
export function folderOf(path: string): string | undefined {
  return Object.keys(FLOORS).find((folder) => path.startsWith(`${folder}/`));
}

/** Files of the engine that stand in no folder of the floor plan. */
export function unplacedFiles(paths: readonly string[]): string[] {
  return paths
    .filter((path) => path.startsWith('core/') && folderOf(path) === undefined)
    .map((path) => `${path}: core has no such floor; see docs/architecture.md for the folders`);
}

/** Imports that go up, each as `file:line -> import: reason`. */
export function upwardImports(graph: ImportGraph): string[] {
  const findings: string[] = [];
  for (const [path, imports] of graph) {
    const from = folderOf(path);
    if (from === undefined) continue;
    for (const one of imports) {
      const to = folderOf(resolveImport(path, one.specifier) ?? '');
      if (to === undefined || to === from) continue;
      const [below, above] = [FLOORS[from] ?? 0, FLOORS[to] ?? 0];
      if (above > below) {
        findings.push(
          `${path}:${one.line} -> ${one.specifier}: ${from} is floor ${below}, ${to} floor ${above}`,
        );
      }
    }
  }
  return findings;
}

/** Pairs of folders on one floor that import each other. */
export function mutualFolders(graph: ImportGraph): string[] {
  const edges = new Map<string, string>();
  for (const [path, imports] of graph) {
    const from = folderOf(path);
    for (const one of imports) {
      const to = folderOf(resolveImport(path, one.specifier) ?? '');
      if (from && to && from !== to) edges.set(`${from} -> ${to}`, `${path}:${one.line} -> ${one.specifier}`);
    }
  }
  return [...edges.keys()].flatMap((edge) => {
    const [from = '', to = ''] = edge.split(' -> ');
    const back = edges.get(`${to} -> ${from}`);
    return from < to && back ? [`${from} and ${to} import each other: ${edges.get(edge)}; ${back}`] : [];
  });
}
