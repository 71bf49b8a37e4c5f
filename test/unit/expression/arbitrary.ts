import fc from 'fast-check';
import {
  BINARY_PRECEDENCE,
  type BinaryOperator,
  type ExpressionNode,
} from '../../../core/expression/expression.ts';
import { FUNCTIONS } from '../../../core/expression/functions.ts';

const word = fc.constantFrom('a', 'params', 'needs', 'length', '_x', 'constructor', '__proto__', 'toString');
const text = fc.oneof(
  fc.string({ maxLength: 6 }),
  fc.constantFrom("it's", '\\', '\n', '\u0000', '\ud800', '}}', '${{'),
);
const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);

/** Any syntax tree that the parser can produce, a few levels deep. */
export const expressionTree: fc.Arbitrary<ExpressionNode> = fc.letrec<{ node: ExpressionNode }>((tie) => {
  const node = tie('node');
  return {
    node: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc
        .oneof(text, number, fc.boolean(), fc.constant(null))
        .map((value): ExpressionNode => ({ kind: 'literal', value })),
      word.map((name): ExpressionNode => ({ kind: 'name', name })),
      fc.array(node, { maxLength: 3 }).map((items): ExpressionNode => ({ kind: 'list', items })),
      fc
        .tuple(node, fc.oneof(word, text))
        .map(([object, property]): ExpressionNode => ({ kind: 'member', object, property })),
      fc
        .tuple(node, node)
        .filter(([, index]) => index.kind !== 'literal' || typeof index.value !== 'string')
        .map(([object, index]): ExpressionNode => ({ kind: 'index', object, index })),
      fc
        .tuple(fc.constantFrom('!' as const, '-' as const), node)
        .filter(([op, operand]) => op === '!' || !isPlainNumber(operand))
        .map(([op, operand]): ExpressionNode => ({ kind: 'unary', op, operand })),
      fc
        .tuple(fc.constantFrom(...(Object.keys(BINARY_PRECEDENCE) as BinaryOperator[])), node, node)
        .map(([op, left, right]): ExpressionNode => ({ kind: 'binary', op, left, right })),
      fc
        .tuple(node, node, node)
        .map(([test, yes, no]): ExpressionNode => ({ kind: 'ternary', test, yes, no })),
      fc.constantFrom(...FUNCTIONS.keys()).chain((name) => {
        const { minArgs, maxArgs } = FUNCTIONS.get(name) as { minArgs: number; maxArgs: number };
        return fc
          .array(node, { minLength: minArgs, maxLength: Math.min(maxArgs, minArgs + 2) })
          .map((args): ExpressionNode => ({ kind: 'call', name, args }));
      }),
    ),
  };
}).node;

/** `-1` is one literal, not the negation of another: the parser never gives the latter. */
function isPlainNumber(node: ExpressionNode): boolean {
  return node.kind === 'literal' && typeof node.value === 'number' && node.value >= 0;
}
