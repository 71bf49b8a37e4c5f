import { posix } from 'node:path';
import type { Source, SyntaxNode } from './source.ts';
import { isNode, lineAt, nodesOf } from './source.ts';

/** One import or re-export of a file. */
export interface Import {
  readonly specifier: string;
  /** Gone after type stripping. */
  readonly typeOnly: boolean;
  readonly names: readonly string[];
  readonly line: number;
}

function isTypeOnly(node: SyntaxNode): boolean {
  if (node['importKind'] === 'type' || node['exportKind'] === 'type') return true;
  const specifiers = node['specifiers'] as readonly SyntaxNode[] | undefined;
  if (!specifiers?.length) return false;
  return specifiers.every((one) => one['importKind'] === 'type' || one['exportKind'] === 'type');
}

function namesOf(node: SyntaxNode): string[] {
  const specifiers = (node['specifiers'] ?? []) as readonly SyntaxNode[];
  return specifiers.map((one) => {
    const name = one['imported'] ?? one['local'];
    return isNode(name) ? String(name['name'] ?? name['value']) : '*';
  });
}

/** Every import of a file: static, re-exporting, dynamic with a constant text, and in types. */
export function importsOf(source: Source): Import[] {
  const found: Import[] = [];
  const add = (node: SyntaxNode, from: unknown, typeOnly: boolean): void => {
    if (!isNode(from) || typeof from['value'] !== 'string') return;
    found.push({
      specifier: from['value'],
      typeOnly,
      names: namesOf(node),
      line: lineAt(source, node.start),
    });
  };
  for (const node of nodesOf(source, 'ImportDeclaration', 'ExportNamedDeclaration', 'ExportAllDeclaration')) {
    add(node, node['source'], isTypeOnly(node));
  }
  for (const node of nodesOf(source, 'ImportExpression')) add(node, node['source'], false);
  for (const node of nodesOf(source, 'TSImportType')) add(node, node['source'], true);
  return found;
}

/** The project file a relative import means, or `undefined` for a package or built-in. */
export function resolveImport(fromPath: string, specifier: string): string | undefined {
  if (!specifier.startsWith('./') && !specifier.startsWith('../')) return undefined;
  return posix.normalize(posix.join(posix.dirname(fromPath), specifier));
}

/** Files by path, with what they import. */
export type ImportGraph = ReadonlyMap<string, readonly Import[]>;

export function importGraph(sources: readonly Source[]): ImportGraph {
  return new Map(sources.map((source) => [source.path, importsOf(source)]));
}
