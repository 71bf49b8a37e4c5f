import type { Source, SyntaxNode } from './source.ts';
import { childrenOf, dottedName, isNode, nameOf, placeOf } from './source.ts';

function titleOf(call: SyntaxNode): string | undefined {
  const [first] = call['arguments'] as readonly unknown[];
  const text = nameOf(first);
  return isNode(first) && first.type === 'Literal' ? text : undefined;
}

/** The title of `it.each` holds the values of its row, so it differs from row to row. */
function isPattern(title: string): boolean {
  return /%[a-z#]|\$/.test(title);
}

function collect(
  source: Source,
  node: SyntaxNode,
  prefix: string,
  seen: Map<string, string>,
  found: string[],
): void {
  const called = node.type === 'CallExpression' ? dottedName(node['callee']).split('.')[0] : undefined;
  const title = called && ['describe', 'it', 'test'].includes(called) ? titleOf(node) : undefined;
  const path = title === undefined ? prefix : `${prefix} > ${title}`;
  if (title !== undefined && called !== 'describe' && !isPattern(title)) {
    const before = seen.get(path);
    if (before) found.push(`${placeOf(source, node)}: the same name as ${before}:${path.slice(2)}`);
    else seen.set(path, placeOf(source, node));
  }
  for (const child of childrenOf(node)) collect(source, child, path, seen, found);
}

/** Tests of one file that have the same full name: a report could not tell which of them failed. */
export function duplicateTestNames(source: Source): string[] {
  const found: string[] = [];
  collect(source, source.program, '', new Map(), found);
  return found;
}
