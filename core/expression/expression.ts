import type { Json } from '../model/json.ts';

/**
 * The expression language of DAG files: small, total, no side effects, no access to anything but the scope it
 * is given. See docs/authoring.md for the grammar.
 */

/** A parsed expression. */
export interface Expression {
  /** The canonical text: equal meaning and spelling gives equal text. */
  readonly text: string;
  /** What it reads: `['params', 'symbols']`, `['needs', 'vol']`, `['output', 'rows']`, `['item']`. */
  readonly reads: readonly (readonly string[])[];
}

/** Values by name that an expression may read: `params`, `needs`, `item`, `key`, `output`, `run`, `tasks`. */
export type ExpressionScope = { readonly [name: string]: Json | undefined };
