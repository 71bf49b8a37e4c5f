import { didYouMean } from '../model/did-you-mean.ts';
import {
  BINARY_PRECEDENCE,
  type BinaryOperator,
  COMPARISON_PRECEDENCE,
  EXPRESSION_DEPTH_MAX,
  EXPRESSION_LENGTH_MAX,
  type ExpressionNode,
  type ParseResult,
} from './expression.ts';
import { type ExpressionFunction, FUNCTIONS } from './functions.ts';
import { lex, type Token } from './lexer.ts';
import { expressionOf } from './rewrite.ts';

const CACHE_SIZE = 2_000;
/** Longer texts, such as long literal lists, are rare and not worth their memory. */
const CACHED_LENGTH_MAX = 4_096;
const cache = new Map<string, ParseResult>();

/**
 * Parses an expression. Never throws; linear in the length of the text. Results are kept for a while, so that
 * parsing the same text again costs a look-up; they must not be changed.
 */
export function parseExpression(text: string): ParseResult {
  const known = cache.get(text);
  if (known) return known;
  const result = parse(text);
  if (text.length > CACHED_LENGTH_MAX) return result;
  if (cache.size >= CACHE_SIZE) cache.delete(cache.keys().next().value as string);
  cache.set(text, result);
  return result;
}

function parse(text: string): ParseResult {
  if (text.length > EXPRESSION_LENGTH_MAX) {
    const message = `an expression may have ${EXPRESSION_LENGTH_MAX} characters; this one has ${text.length}`;
    return { ok: false, error: { message, offset: EXPRESSION_LENGTH_MAX } };
  }
  const lexed = lex(text);
  if (!lexed.ok) return lexed;
  try {
    return { ok: true, expression: expressionOf(new Parser(lexed.tokens).parse()) };
  } catch (error) {
    if (error instanceof Unexpected)
      return { ok: false, error: { message: error.message, offset: error.offset } };
    throw error;
  }
}

class Unexpected extends Error {
  readonly offset: number;
  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

const BARE_NAMES: ReadonlyMap<string, null | boolean> = new Map([
  ['true', true],
  ['false', false],
  ['null', null],
]);

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;
  #nesting = 0;
  /** The height of the tree under each node: bounded, so that nobody who walks it can overflow the stack. */
  readonly #heights = new WeakMap<ExpressionNode, number>();

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  parse(): ExpressionNode {
    if (this.#peek().kind === 'end') throw new Unexpected('the expression is empty', this.#peek().offset);
    const node = this.#ternary();
    if (this.#peek().kind !== 'end') throw this.#surprise('an operator or the end');
    return node;
  }

  #ternary(): ExpressionNode {
    return this.#nested(() => {
      const test = this.#binary(1);
      if (!this.#accept('?')) return test;
      const yes = this.#ternary();
      this.#expect(':');
      const no = this.#ternary();
      return this.#node({ kind: 'ternary', test, yes, no }, test, yes, no);
    });
  }

  #binary(precedence: number): ExpressionNode {
    if (precedence > BINARY_PRECEDENCE['*']) return this.#unary();
    let left = this.#binary(precedence + 1);
    for (let op = this.#operator(precedence); op !== null; op = this.#operator(precedence)) {
      this.#at++;
      const right = this.#binary(precedence + 1);
      left = this.#node({ kind: 'binary', op, left, right }, left, right);
      if (precedence === COMPARISON_PRECEDENCE && this.#operator(precedence) !== null) {
        const next = this.#peek();
        throw new Unexpected(
          `comparisons do not chain: put '&&' before '${next.text}', or use parentheses`,
          next.offset,
        );
      }
    }
    return left;
  }

  #operator(precedence: number): BinaryOperator | null {
    const { kind, text } = this.#peek();
    const isOperator = kind === 'symbol' || (kind === 'name' && text === 'in');
    if (!isOperator || !Object.hasOwn(BINARY_PRECEDENCE, text)) return null;
    const op = text as BinaryOperator;
    return BINARY_PRECEDENCE[op] === precedence ? op : null;
  }

  #unary(): ExpressionNode {
    const token = this.#peek();
    if (token.kind !== 'symbol' || (token.text !== '!' && token.text !== '-')) return this.#postfix();
    this.#at++;
    const op = token.text;
    if (op === '-' && this.#peek().kind === 'number' && !this.#isPostfixed(this.#at + 1)) {
      return { kind: 'literal', value: 0 - this.#number() };
    }
    return this.#nested(() => {
      const operand = this.#unary();
      return this.#node({ kind: 'unary', op, operand }, operand);
    });
  }

  #isPostfixed(index: number): boolean {
    const token = this.#tokens[index];
    return token?.kind === 'symbol' && (token.text === '.' || token.text === '[');
  }

  #postfix(): ExpressionNode {
    let object = this.#primary();
    for (;;) {
      if (this.#accept('.')) {
        const token = this.#next();
        if (token.kind !== 'name') throw this.#surprise('a property name', token);
        object = this.#node({ kind: 'member', object, property: token.text }, object);
      } else if (this.#accept('[')) {
        const index = this.#ternary();
        this.#expect(']');
        const property = index.kind === 'literal' && typeof index.value === 'string' ? index.value : null;
        object =
          property === null
            ? this.#node({ kind: 'index', object, index }, object, index)
            : this.#node({ kind: 'member', object, property }, object);
      } else return object;
    }
  }

  #primary(): ExpressionNode {
    const token = this.#peek();
    if (token.kind === 'number') return { kind: 'literal', value: this.#number() };
    this.#at++;
    if (token.kind === 'string') return { kind: 'literal', value: token.text };
    if (token.kind === 'name' && token.text !== 'in') return this.#named(token);
    if (token.text === '(') {
      const node = this.#ternary();
      this.#expect(')');
      return node;
    }
    if (token.text === '[') {
      const items = this.#list(']');
      return this.#node({ kind: 'list', items }, ...items);
    }
    throw this.#surprise('a value', token);
  }

  #named(token: Token): ExpressionNode {
    const bare = BARE_NAMES.get(token.text);
    if (bare !== undefined) return { kind: 'literal', value: bare };
    if (!this.#accept('(')) return { kind: 'name', name: token.text };
    const found = FUNCTIONS.get(token.text);
    if (!found) {
      const hint = didYouMean(token.text, FUNCTIONS.keys());
      throw new Unexpected(`there is no function '${token.text}'${hint ? `: ${hint}` : ''}`, token.offset);
    }
    const args = this.#list(')');
    if (args.length < found.minArgs || args.length > found.maxArgs)
      throw wrongCount(token, found, args.length);
    return this.#node({ kind: 'call', name: token.text, args }, ...args);
  }

  #list(close: string): ExpressionNode[] {
    const items: ExpressionNode[] = [];
    if (this.#accept(close)) return items;
    do items.push(this.#ternary());
    while (this.#accept(','));
    this.#expect(close);
    return items;
  }

  #number(): number {
    const token = this.#next();
    const value = Number(token.text);
    if (!Number.isFinite(value)) throw new Unexpected(`the number ${token.text} is too large`, token.offset);
    return value;
  }

  #node<Node extends ExpressionNode>(node: Node, ...parts: readonly ExpressionNode[]): Node {
    let height = 0;
    for (const part of parts) height = Math.max(height, this.#heights.get(part) ?? 0);
    if (height >= EXPRESSION_DEPTH_MAX) throw this.#tooDeep();
    this.#heights.set(node, height + 1);
    return node;
  }

  #nested(parse: () => ExpressionNode): ExpressionNode {
    if (this.#nesting >= EXPRESSION_DEPTH_MAX) throw this.#tooDeep();
    this.#nesting++;
    const node = parse();
    this.#nesting--;
    return node;
  }

  #tooDeep(): Unexpected {
    const message = `the expression is nested more than ${EXPRESSION_DEPTH_MAX} levels deep`;
    return new Unexpected(message, this.#peek().offset);
  }

  #peek(): Token {
    return this.#tokens[this.#at] as Token;
  }

  #next(): Token {
    const token = this.#peek();
    if (token.kind !== 'end') this.#at++;
    return token;
  }

  #accept(symbol: string): boolean {
    const token = this.#peek();
    if (token.kind !== 'symbol' || token.text !== symbol) return false;
    this.#at++;
    return true;
  }

  #expect(symbol: string): void {
    if (!this.#accept(symbol)) throw this.#surprise(`'${symbol}'`);
  }

  #surprise(wanted: string, token = this.#peek()): Unexpected {
    const found = token.kind === 'end' ? 'the expression ends' : `there is ${JSON.stringify(token.text)}`;
    return new Unexpected(`expected ${wanted}, but ${found}`, token.offset);
  }
}

function wrongCount(token: Token, { signature }: ExpressionFunction, given: number): Unexpected {
  return new Unexpected(`wrong number of arguments (${given}): it is written ${signature}`, token.offset);
}
