import type { SyntaxProblem } from './expression.ts';

/** A word of the language. `text` of a string is its value, of everything else its spelling. */
export interface Token {
  readonly kind: 'number' | 'string' | 'name' | 'symbol' | 'end';
  readonly text: string;
  readonly offset: number;
}

export type LexResult =
  | { readonly ok: true; readonly tokens: readonly Token[] }
  | { readonly ok: false; readonly error: SyntaxProblem };

const SPACE = /[ \t\r\n]+/y;
const NUMBER = /\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const SYMBOL = /==|!=|<=|>=|&&|\|\||[<>!+\-*/%?:()[\],.]/y;
const STRING_END = { "'": /[^'\\\p{Cc}]*/uy, '"': /[^"\\\p{Cc}]*/uy } as const;

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['\\', '\\'],
  ["'", "'"],
  ['"', '"'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
]);

const MISTAKES: ReadonlyMap<string, string> = new Map([
  ['=', "'=' is not an operator: write '==' to compare"],
  ['&', "'&' is not an operator: write '&&'"],
  ['|', "'|' is not an operator: write '||'"],
  ['`', "'`' does not start a string: use ' or \""],
  ['$', "'$' has no meaning inside an expression: names are written without it"],
  ['{', "'{' has no meaning inside an expression"],
]);

/** Splits the text of an expression into words; the last one is `end`. Linear in the length of the text. */
export function lex(text: string): LexResult {
  const tokens: Token[] = [];
  let at = 0;
  const take = (pattern: RegExp): string | null => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0] ?? null;
  };
  while (at < text.length) {
    const char = text[at] as string;
    const space = take(SPACE);
    if (space !== null) {
      at += space.length;
      continue;
    }
    if (char === "'" || char === '"') {
      const string = lexString(text, at, char);
      if ('message' in string) return { ok: false, error: string };
      tokens.push({ kind: 'string', text: string.value, offset: at });
      at = string.end;
      continue;
    }
    const token = nextToken(take, at);
    if (token === null) return { ok: false, error: unexpected(text, at) };
    tokens.push(token);
    at += token.text.length;
  }
  tokens.push({ kind: 'end', text: '', offset: text.length });
  return { ok: true, tokens };
}

function nextToken(take: (pattern: RegExp) => string | null, offset: number): Token | null {
  const number = take(NUMBER);
  if (number !== null) return { kind: 'number', text: number, offset };
  const name = take(NAME);
  if (name !== null) return { kind: 'name', text: name, offset };
  const symbol = take(SYMBOL);
  return symbol === null ? null : { kind: 'symbol', text: symbol, offset };
}

function unexpected(text: string, offset: number): SyntaxProblem {
  const char = String.fromCodePoint(text.codePointAt(offset) as number);
  return { message: MISTAKES.get(char) ?? `unexpected character ${JSON.stringify(char)}`, offset };
}

function lexString(
  text: string,
  start: number,
  quote: "'" | '"',
): { value: string; end: number } | SyntaxProblem {
  let value = '';
  let at = start + 1;
  while (at < text.length) {
    const plain = STRING_END[quote];
    plain.lastIndex = at;
    const run = plain.exec(text)?.[0] ?? '';
    value += run;
    at += run.length;
    const char = text[at];
    if (char === quote) return { value, end: at + 1 };
    if (char === undefined) break;
    if (char !== '\\')
      return { message: 'a string cannot hold a control character: write \\n or \\u000a', offset: at };
    const escaped = readEscape(text, at);
    if (escaped === null) {
      return {
        message: `unknown escape '${text.slice(at, at + 2)}': use \\\\ \\' \\" \\n \\r \\t or \\u0000`,
        offset: at,
      };
    }
    value += escaped.value;
    at = escaped.end;
  }
  return { message: `the string is not closed: ${quote} is missing`, offset: start };
}

function readEscape(text: string, at: number): { value: string; end: number } | null {
  const letter = text[at + 1];
  if (letter === undefined) return null;
  if (letter === 'u') {
    const digits = text.slice(at + 2, at + 6);
    if (!/^[0-9A-Fa-f]{4}$/.test(digits)) return null;
    return { value: String.fromCharCode(Number.parseInt(digits, 16)), end: at + 6 };
  }
  const value = ESCAPES.get(letter);
  return value === undefined ? null : { value, end: at + 2 };
}
