import type { Json } from '../model/json.ts';
import { evaluate } from './evaluate.ts';
import type { Evaluation, Expression, ExpressionScope, Read, SyntaxProblem } from './expression.ts';
import { Refusal, textOf } from './functions.ts';
import { parseExpression } from './parse.ts';
import { type Replacement, rewriteReads } from './rewrite.ts';

/** A string with `${{ expression }}` parts. */
export interface Template {
  readonly parts: readonly (string | Expression)[];
  /** The canonical text. */
  readonly text: string;
  readonly reads: readonly Read[];
}

export type TemplateResult =
  | { readonly ok: true; readonly template: Template }
  | { readonly ok: false; readonly error: SyntaxProblem };

/** Whether a string has a part to be evaluated. */
export function isTemplate(text: string): boolean {
  return text.includes(OPEN);
}

const OPEN = '${{';
const CLOSE = '}}';

/**
 * Splits a string into plain text and expressions. `offset` of an error counts from the start of the string.
 */
export function parseTemplate(text: string): TemplateResult {
  const parts: (string | Expression)[] = [];
  let at = 0;
  for (let open = text.indexOf(OPEN); open >= 0; open = text.indexOf(OPEN, at)) {
    if (open > at) parts.push(text.slice(at, open));
    const start = open + OPEN.length;
    const close = closing(text, start);
    if (close < 0)
      return { ok: false, error: { message: "'${{' is not closed: '}}' is missing", offset: open } };
    const parsed = parseExpression(text.slice(start, close).trim());
    if (!parsed.ok) {
      const indent = text.slice(start, close).length - text.slice(start, close).trimStart().length;
      return {
        ok: false,
        error: { message: parsed.error.message, offset: start + indent + parsed.error.offset },
      };
    }
    parts.push(parsed.expression);
    at = close + CLOSE.length;
  }
  if (at < text.length || parts.length === 0) parts.push(text.slice(at));
  return { ok: true, template: templateOf(parts) };
}

/** Where the next `}}` outside of a string literal is, or -1. */
function closing(text: string, from: number): number {
  let quote: string | null = null;
  for (let at = from; at < text.length; at++) {
    const char = text[at];
    if (quote !== null) {
      if (char === '\\') at++;
      else if (char === quote) quote = null;
    } else if (char === "'" || char === '"') quote = char;
    else if (char === '}' && text[at + 1] === '}') return at;
  }
  return -1;
}

function templateOf(parts: readonly (string | Expression)[]): Template {
  const reads = new Map<string, Read>();
  let text = '';
  for (const part of parts) {
    text += typeof part === 'string' ? part : `\${{ ${part.text} }}`;
    if (typeof part !== 'string') for (const read of part.reads) reads.set(JSON.stringify(read), read);
  }
  return { parts, text, reads: [...reads.values()] };
}

/** The template with other names for what it reads; see `rewriteReads`. */
export function rewriteTemplate(template: Template, replace: (read: Read) => Replacement | null): Template {
  return templateOf(
    template.parts.map((part) => (typeof part === 'string' ? part : rewriteReads(part, replace))),
  );
}

/**
 * The value of a template: of exactly one expression it is the value of that expression with its type; of
 * anything else a text, in which strings stand as they are and other values as JSON.
 */
export function renderTemplate(template: Template, scope: ExpressionScope): Evaluation {
  const [only] = template.parts;
  if (template.parts.length === 1 && typeof only === 'object') return evaluate(only, scope);
  let text = '';
  for (const part of template.parts) {
    if (typeof part === 'string') {
      text += part;
      continue;
    }
    const result = evaluate(part, scope);
    if (!result.ok) return result;
    const piece = textOf(result.value);
    if (piece instanceof Refusal) return { ok: false, error: { message: piece.message } };
    if (text.length + piece.length > RENDERED_LENGTH_MAX)
      return { ok: false, error: { message: 'the text becomes too long' } };
    text += piece;
  }
  return { ok: true, value: text };
}

const RENDERED_LENGTH_MAX = 2 ** 26;
/** The deepest nesting of objects and lists in which templates are rendered. */
const JSON_DEPTH_MAX = 200;

/**
 * Renders every string inside a JSON value; keys stay as they are. The error names the path of the string.
 */
export function renderJson(value: Json, scope: ExpressionScope): Evaluation {
  const rendered = renderAt(value, scope, []);
  return rendered instanceof Refusal
    ? { ok: false, error: { message: rendered.message } }
    : { ok: true, value: rendered };
}

function renderAt(value: Json, scope: ExpressionScope, path: readonly string[]): Json | Refusal {
  if (typeof value === 'string') return isTemplate(value) ? renderText(value, scope, path) : value;
  if (value === null || typeof value !== 'object') return value;
  if (path.length >= JSON_DEPTH_MAX) return new Refusal('the value is nested too deeply');
  const entries: [string, Json][] = [];
  for (const [key, item] of Object.entries(value)) {
    const rendered = renderAt(item as Json, scope, [...path, key]);
    if (rendered instanceof Refusal) return rendered;
    entries.push([key, rendered]);
  }
  return Array.isArray(value) ? entries.map(([, item]) => item) : Object.fromEntries(entries);
}

function renderText(text: string, scope: ExpressionScope, path: readonly string[]): Json | Refusal {
  const parsed = parseTemplate(text);
  const result = parsed.ok ? renderTemplate(parsed.template, scope) : parsed;
  if (result.ok) return result.value;
  const where = path.length === 0 ? '' : `${path.join('.')}: `;
  return new Refusal(`${where}${result.error.message}`);
}
