import { parseSync } from 'rolldown/utils';

/** A node of the syntax tree, as far as the rules need it: a type, a place, and children under any name. */
export interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

export interface Comment {
  readonly value: string;
  readonly start: number;
  readonly end: number;
}

/** A parsed source file. */
export interface Source {
  /** Relative to the project, with `/`. */
  readonly path: string;
  readonly text: string;
  readonly program: SyntaxNode;
  readonly comments: readonly Comment[];
}

/** Parses TypeScript or JavaScript; throws with the first syntax error and its file. */
export function parseSource(path: string, text: string): Source {
  const result = parseSync(path, text, { sourceType: 'module' });
  const error = result.errors.find((one) => one.severity === 'Error');
  if (error) throw new Error(`${path}: ${error.message}`);
  return { path, text, program: result.program as unknown as SyntaxNode, comments: result.comments };
}

/** 1-based line of a position. */
export function lineAt(source: Source, position: number): number {
  let line = 1;
  for (let at = source.text.indexOf('\n'); at !== -1 && at < position; at = source.text.indexOf('\n', at + 1))
    line++;
  return line;
}

/** `file:line`, as every finding begins. */
export function placeOf(source: Source, node: { readonly start: number }): string {
  return `${source.path}:${lineAt(source, node.start)}`;
}

export function isNode(value: unknown): value is SyntaxNode {
  return (
    typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string'
  );
}

/** The nodes directly below a node. */
export function childrenOf(node: SyntaxNode): SyntaxNode[] {
  const children: SyntaxNode[] = [];
  for (const name in node) {
    if (!Object.hasOwn(node, name)) continue;
    const value = node[name];
    if (Array.isArray(value)) children.push(...value.filter(isNode));
    else if (isNode(value)) children.push(value);
  }
  return children;
}

/** Calls back for every node of a tree with the node above it. */
export function walk(
  node: SyntaxNode,
  visit: (node: SyntaxNode, parent: SyntaxNode | null) => void,
  parent: SyntaxNode | null = null,
): void {
  visit(node, parent);
  for (const child of childrenOf(node)) walk(child, visit, node);
}

/** The nodes of every source by type: every rule asks for some, the tree is walked once. */
const byType = new WeakMap<Source, Map<string, SyntaxNode[]>>();

function collect(program: SyntaxNode): Map<string, SyntaxNode[]> {
  const found = new Map<string, SyntaxNode[]>();
  walk(program, (node) => {
    const same = found.get(node.type);
    if (same) same.push(node);
    else found.set(node.type, [node]);
  });
  return found;
}

/** The nodes of the given types, in the order of the types. */
export function nodesOf(source: Source, ...types: readonly string[]): SyntaxNode[] {
  const found = byType.get(source) ?? collect(source.program);
  byType.set(source, found);
  return types.flatMap((type) => found.get(type) ?? []);
}

/** The name of an identifier, or the text of a string literal; `undefined` for anything else. */
export function nameOf(node: unknown): string | undefined {
  if (!isNode(node)) return undefined;
  if (node.type === 'Identifier') return node['name'] as string;
  if (node.type === 'Literal' && typeof node['value'] === 'string') return node['value'];
  return undefined;
}

function isPrivate(node: unknown): node is SyntaxNode {
  return isNode(node) && node.type === 'PrivateIdentifier';
}

/** The name of `a.b` or `this.#a.b`, through calls: `a.each([]).b` gives `a.each.b`; else empty. */
export function dottedName(node: unknown): string {
  if (!isNode(node)) return '';
  if (node.type === 'Identifier') return node['name'] as string;
  if (node.type === 'ThisExpression') return 'this';
  if (node.type === 'CallExpression') return dottedName(node['callee']);
  if (node.type === 'TaggedTemplateExpression') return dottedName(node['tag']);
  if (node.type !== 'MemberExpression') return '';
  const owner = dottedName(node['object']);
  const member = isPrivate(node['property']) ? `#${node['property']['name']}` : nameOf(node['property']);
  return owner && member ? `${owner}.${member}` : '';
}
