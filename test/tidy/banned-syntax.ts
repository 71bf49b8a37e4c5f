import type { Source } from './source.ts';
import { dottedName, nodesOf, placeOf } from './source.ts';

/** `any` and `enum`, wherever they stand. */
export function anyAndEnum(source: Source): string[] {
  return [
    ...nodesOf(source, 'TSAnyKeyword').map(
      (node) => `${placeOf(source, node)}: no \`any\`; \`unknown\` says the same and is checked`,
    ),
    ...nodesOf(source, 'TSEnumDeclaration').map(
      (node) => `${placeOf(source, node)}: no \`enum\`; use a union of literals`,
    ),
  ];
}

/** These are found by their file, by orch or by a package; everything else is imported by a name. */
const DEFAULT_EXPORTERS = [
  /^dags\/[^/]+$/,
  /^operators\//,
  /^test\/(twins|types)\//,
  /(^|\/)fixtures\//,
  /\.config\.[a-z]+$/,
  /-processor\.ts$/,
];

export function defaultExports(source: Source): string[] {
  if (DEFAULT_EXPORTERS.some((pattern) => pattern.test(source.path))) return [];
  return nodesOf(source, 'ExportDefaultDeclaration').map(
    (node) => `${placeOf(source, node)}: no default export here`,
  );
}

/** Files that may read the real clock and real chance: the clock itself and the entries of processes. */
export const CLOCK_READERS = [
  'core/model/clock.ts',
  'core/parsing/parse-child.ts',
  'core/executors/runner-main.ts',
  'core/executors/keeper-main.ts',
  'cli/orch.js',
  'cli/main.ts',
  'server/page/clock.js',
  'dags/health_check/run-instant.ts',
];

/** The real time and chance outside the clock and the entries. Tests and benchmarks are free. */
export function ambientTime(source: Source): string[] {
  if (/^(test|bench|\.ci)\//.test(source.path) || CLOCK_READERS.includes(source.path)) return [];
  const calls = nodesOf(source, 'MemberExpression')
    .filter((node) => ['Date.now', 'Math.random'].includes(dottedName(node)))
    .map(
      (node) =>
        `${placeOf(source, node)}: no ${dottedName(node)} here; take a Clock or the instant as an argument`,
    );
  const dates = nodesOf(source, 'NewExpression', 'CallExpression')
    .filter((node) => dottedName(node['callee']) === 'Date' && (node['arguments'] as unknown[]).length === 0)
    .map(
      (node) => `${placeOf(source, node)}: no Date of now here; take a Clock or the instant as an argument`,
    );
  return [...calls, ...dates];
}
