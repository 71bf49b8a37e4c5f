import type { ExpressionNode, Read } from './expression.ts';

/** The children of a node, left to right. */
export function children(node: ExpressionNode): readonly ExpressionNode[] {
  switch (node.kind) {
    case 'list':
      return node.items;
    case 'member':
      return [node.object];
    case 'index':
      return [node.object, node.index];
    case 'unary':
      return [node.operand];
    case 'binary':
      return [node.left, node.right];
    case 'ternary':
      return [node.test, node.yes, node.no];
    case 'call':
      return node.args;
    default:
      return [];
  }
}

/**
 * The name and properties of a node that is nothing but a path of known steps, such as `needs.vol['x'][0]`.
 */
export function staticPath(node: ExpressionNode): Read | null {
  const path: string[] = [];
  let at = node;
  while (at.kind !== 'name') {
    if (at.kind === 'member') path.push(at.property);
    else if (at.kind === 'index' && at.index.kind === 'literal' && typeof at.index.value === 'number') {
      path.push(String(at.index.value));
    } else return null;
    at = at.object;
  }
  path.push(at.name);
  return path.reverse();
}

/** Every path that an expression reads, the longest known part of each, without repetitions. */
export function readsOf(root: ExpressionNode): Read[] {
  const found = new Map<string, Read>();
  const visit = (node: ExpressionNode): void => {
    const path = staticPath(node);
    if (path !== null) found.set(JSON.stringify(path), path);
    else for (const child of children(node)) visit(child);
  };
  visit(root);
  return [...found.values()];
}
