import { folderOf } from './floors.ts';
import type { ImportGraph } from './imports.ts';
import { resolveImport } from './imports.ts';

/** Code outside the floors and what it may import. */
interface Zone {
  readonly files: RegExp;
  /** Project files it may import. */
  readonly project: RegExp;
  /** Packages it may import. */
  readonly packages: RegExp;
  readonly rule: string;
}

const ZONES: readonly Zone[] = [
  {
    files: /^client\//,
    project: /^client\//,
    packages: /^$/,
    rule: 'the client of the API imports nothing else: a web page is to have it',
  },
  {
    files: /^dags\/[^/]+$/,
    project: /^dags\//,
    packages: /^orch$/,
    rule: 'a DAG file imports `orch` and files under dags/ only',
  },
  {
    files: /^dags\//,
    project: /^dags\//,
    packages: /./,
    rule: 'code of a DAG imports packages and files under dags/ only',
  },
  {
    files: /^operators\//,
    project: /^(operators|core\/model)\/|^core\/config\/installation\.ts$/,
    packages: /./,
    rule: 'an operator imports packages, `orch` and the model only',
  },
  {
    files: /^migrations\//,
    project: /^migrations\//,
    packages: /^kysely$/,
    rule: 'a migration imports kysely only: it must mean the same for ever',
  },
];

/** Imports of user-side code and migrations that reach where they must not. */
export function zoneViolations(graph: ImportGraph): string[] {
  return [...graph].flatMap(([path, imports]) => {
    const zone = ZONES.find((one) => one.files.test(path));
    if (!zone) return [];
    return imports
      .filter(({ specifier }) => {
        const target = resolveImport(path, specifier);
        return target === undefined ? !zone.packages.test(specifier) : !zone.project.test(target);
      })
      .map((one) => `${path}:${one.line} -> ${one.specifier}: ${zone.rule}`);
  });
}

/** Product code that imports tests or benchmarks. */
export function importsOfTests(graph: ImportGraph): string[] {
  const ofTests = /^(test|bench)\//;
  return [...graph].flatMap(([path, imports]) => {
    if (!folderOf(path) && !ZONES.some((zone) => zone.files.test(path))) return [];
    return imports
      .filter((one) => ofTests.test(resolveImport(path, one.specifier) ?? ''))
      .map((one) => `${path}:${one.line} -> ${one.specifier}: the product imports no tests`);
  });
}
