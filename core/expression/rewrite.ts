import type { Expression, ExpressionNode, Read } from './expression.ts';
import { printExpression } from './print.ts';
import { readsOf, staticPath } from './reads.ts';

/** Replaces the first `take` steps of a read by another path; the steps after them stay. */
export interface Replacement {
  readonly take: number;
  readonly path: Read;
}

/**
 * The expression with other names for what it reads: `replace` sees every read (as in `Expression.reads`) and
 * answers with its replacement, or with `null` to leave it alone.
 *
 *     rewriteReads(parsed, ([name]) => (name === 'regime' ? { take: 1, path: ['tasks', 'a.regime'] } : null))
 *     // regime == 'up'  becomes  tasks['a.regime'] == 'up'
 */
export function rewriteReads(
  expression: Expression,
  replace: (read: Read) => Replacement | null,
): Expression {
  const root = rewrite(expression.root, replace);
  return root === expression.root ? expression : expressionOf(root);
}

/** The expression of a syntax tree. */
export function expressionOf(root: ExpressionNode): Expression {
  return { text: printExpression(root), reads: readsOf(root), root };
}

type Replace = (read: Read) => Replacement | null;

function rewrite(node: ExpressionNode, replace: Replace): ExpressionNode {
  const path = staticPath(node);
  if (path === null) return rewriteChildren(node, replace);
  const replacement = replace(path);
  return replacement === null ? node : replacePrefix(node, path.length - replacement.take, replacement.path);
}

/** Rebuilds a static path: its last `keep` steps on top of another beginning. */
function replacePrefix(node: ExpressionNode, keep: number, prefix: Read): ExpressionNode {
  if (keep > 0 && (node.kind === 'member' || node.kind === 'index')) {
    return { ...node, object: replacePrefix(node.object, keep - 1, prefix) };
  }
  const [name, ...properties] = prefix as [string, ...string[]];
  const start: ExpressionNode = { kind: 'name', name };
  return properties.reduce<ExpressionNode>(
    (object, property) => ({ kind: 'member', object, property }),
    start,
  );
}

function rewriteChildren(node: ExpressionNode, replace: Replace): ExpressionNode {
  const of = (child: ExpressionNode): ExpressionNode => rewrite(child, replace);
  switch (node.kind) {
    case 'list':
      return { ...node, items: node.items.map(of) };
    case 'member':
      return { ...node, object: of(node.object) };
    case 'index':
      return { ...node, object: of(node.object), index: of(node.index) };
    case 'unary':
      return { ...node, operand: of(node.operand) };
    case 'binary':
      return { ...node, left: of(node.left), right: of(node.right) };
    case 'ternary':
      return { ...node, test: of(node.test), yes: of(node.yes), no: of(node.no) };
    case 'call':
      return { ...node, args: node.args.map(of) };
    default:
      return node;
  }
}
