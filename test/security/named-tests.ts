import { childrenOf, dottedName, isNode, nameOf, parseSource, type SyntaxNode } from '../tidy/source.ts';

/**
 * The tests of a source by their titles, as they stand there: `title`, and `group > title` for each group
 * around it. Tests that are skipped whatever the machine is are none.
 */
export function namedTests(path: string, text: string): Set<string> {
  const found = new Set<string>();
  collect(parseSource(path, text).program, [], found);
  return found;
}

function collect(node: SyntaxNode, groups: readonly string[], found: Set<string>): void {
  const name = node.type === 'CallExpression' ? dottedName(node['callee']) : '';
  if (/^(describe|test|it)\b.*\.(skip|todo)\b/.test(name)) return;
  const title = name === '' ? undefined : titleOf(node);
  const isTest = title !== undefined && /^(test|it)\b/.test(name);
  if (isTest) for (const path of [title, ...groups.map((group) => `${group} > ${title}`)]) found.add(path);
  const inside = title !== undefined && /^describe\b/.test(name) ? [...groups, title] : groups;
  for (const child of childrenOf(node)) collect(child, inside, found);
}

function titleOf(call: SyntaxNode): string | undefined {
  const [first] = call['arguments'] as readonly unknown[];
  return isNode(first) && first.type === 'Literal' ? nameOf(first) : undefined;
}
