import type { Json } from '../model/json.ts';

/**
 * The expression language of DAG files: small, total, no side effects, no access to anything but the scope it
 * is given. See docs/expressions.md for the grammar.
 */

/** A parsed expression. */
export interface Expression {
  /** The canonical text: equal meaning and spelling gives equal text. */
  readonly text: string;
  /** What it reads: `['params', 'symbols']`, `['needs', 'vol']`, `['output', 'rows']`, `['item']`. */
  readonly reads: readonly Read[];
  /** Its syntax tree, for checks and evaluation. */
  readonly root: ExpressionNode;
}

/** A name and the properties read of it, as far as they are known without evaluating. */
export type Read = readonly string[];

/** Values by name that an expression may read: `params`, `needs`, `item`, `key`, `output`, `run`, `tasks`. */
export type ExpressionScope = { readonly [name: string]: Json | undefined };

export type ExpressionNode =
  | { readonly kind: 'literal'; readonly value: null | boolean | number | string }
  | { readonly kind: 'list'; readonly items: readonly ExpressionNode[] }
  | { readonly kind: 'name'; readonly name: string }
  /** `object.property`, also written `object['property']`. */
  | { readonly kind: 'member'; readonly object: ExpressionNode; readonly property: string }
  | { readonly kind: 'index'; readonly object: ExpressionNode; readonly index: ExpressionNode }
  | { readonly kind: 'unary'; readonly op: '!' | '-'; readonly operand: ExpressionNode }
  | {
      readonly kind: 'binary';
      readonly op: BinaryOperator;
      readonly left: ExpressionNode;
      readonly right: ExpressionNode;
    }
  | {
      readonly kind: 'ternary';
      readonly test: ExpressionNode;
      readonly yes: ExpressionNode;
      readonly no: ExpressionNode;
    }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly ExpressionNode[] };

/** How tightly each binary operator binds; comparisons do not chain. */
export const BINARY_PRECEDENCE = {
  '||': 1,
  '&&': 2,
  '==': 3,
  '!=': 3,
  '<': 3,
  '<=': 3,
  '>': 3,
  '>=': 3,
  in: 3,
  '+': 4,
  '-': 4,
  '*': 5,
  '/': 5,
  '%': 5,
} as const;
export type BinaryOperator = keyof typeof BINARY_PRECEDENCE;

/** The precedence at which operators do not chain: `a < b < c` is refused. */
export const COMPARISON_PRECEDENCE = 3;

/** The longest expression, in characters. */
export const EXPRESSION_LENGTH_MAX = 65_536;
/** The deepest nesting of operators, calls, lists and properties. */
export const EXPRESSION_DEPTH_MAX = 100;

/** What is wrong with the text of an expression. */
export interface SyntaxProblem {
  readonly message: string;
  /** Position in the text, from 0. */
  readonly offset: number;
}

export type ParseResult =
  | { readonly ok: true; readonly expression: Expression }
  | { readonly ok: false; readonly error: SyntaxProblem };

/** Why an expression has no value, such as `cannot compare null with a number`. */
export interface EvaluationProblem {
  readonly message: string;
}

export type Evaluation =
  | { readonly ok: true; readonly value: Json }
  | { readonly ok: false; readonly error: EvaluationProblem };
