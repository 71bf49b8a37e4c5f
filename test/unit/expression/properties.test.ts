import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { evaluate } from '../../../core/expression/evaluate.ts';
import type { ExpressionScope } from '../../../core/expression/expression.ts';
import { parseExpression } from '../../../core/expression/parse.ts';
import { printExpression } from '../../../core/expression/print.ts';
import { parseTemplate, renderJson, renderTemplate } from '../../../core/expression/template.ts';
import { tries } from '../../tries.ts';
import { expressionTree } from './arbitrary.ts';

const scope = fc.dictionary(fc.constantFrom('a', 'params', 'needs', '_x'), fc.jsonValue({ maxDepth: 3 }));

describe('properties of the expression language', () => {
  test('what is printed parses to the same tree and prints the same again', () => {
    fc.assert(
      fc.property(expressionTree, (tree) => {
        const text = printExpression(tree);
        fc.pre(text.length <= 65_536);
        const parsed = parseExpression(text);
        if (!parsed.ok) throw new Error(`${text}: ${parsed.error.message}`);
        expect(parsed.expression.root).toEqual(tree);
        expect(parsed.expression.text).toBe(text);
      }),
      { numRuns: tries(2_000) },
    );
  });

  test('no text makes the parser throw, and an error has a place inside the text', () => {
    const pieces = fc.constantFrom(
      ...'ab1.5\'"()[]?:,!-+*/%<>=&|\\$`{} \n',
      'in',
      'len(',
      '==',
      '&&',
      '\u{1f600}',
      '\ud800',
    );
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(pieces, { maxLength: 30 }).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const parsed = parseExpression(text);
        if (parsed.ok) return;
        expect(parsed.error.offset).toBeGreaterThanOrEqual(0);
        expect(parsed.error.offset).toBeLessThanOrEqual(text.length);
        expect(parsed.error.message).not.toBe('');
      }),
      { numRuns: tries(5_000) },
    );
  });

  test('evaluation never throws and gives JSON: no undefined, no infinity, no -0', () => {
    fc.assert(
      fc.property(expressionTree, scope, (tree, values) => {
        const text = printExpression(tree);
        const result = evaluate({ text, reads: [], root: tree }, values as ExpressionScope);
        if (!result.ok) {
          expect(result.error.message).not.toBe('');
          return;
        }
        expect(JSON.parse(JSON.stringify(result.value))).toEqual(normalZero(result.value));
      }),
      { numRuns: tries(3_000) },
    );
  });

  test('nothing outside the scope is ever read: every step asks for own data properties only', () => {
    const asked = new Set<string>();
    const spy = (target: object): object =>
      new Proxy(target, {
        get: (_, key) => {
          throw new Error(`read ${String(key)} past its descriptor`);
        },
        getOwnPropertyDescriptor: (inner, key) => {
          asked.add(String(key));
          return Reflect.getOwnPropertyDescriptor(inner, key);
        },
      });
    const chain = fc.array(fc.constantFrom('constructor', '__proto__', 'prototype', 'toString', 'x'), {
      minLength: 1,
      maxLength: 5,
    });
    fc.assert(
      fc.property(chain, (steps) => {
        const parsed = parseExpression(`a['x']${steps.map((step) => `['${step}']`).join('')}`);
        if (!parsed.ok) throw new Error(parsed.error.message);
        const values = spy({ a: spy({ x: spy({}) }) }) as ExpressionScope;
        expect(evaluate(parsed.expression, values)).toEqual({ ok: true, value: null });
      }),
    );
    expect(asked.has('constructor')).toBe(true);
  });

  test('templates: any text is parsed or refused, never thrown at; text without ${{ stays as it is', () => {
    const pieces = fc.constantFrom('${{', '}}', '$', '{', '}', ' a ', "'", '"', 'x', '\\', '${{ a }}', '\n');
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), scope, (parts, values) => {
        const text = parts.join('');
        const parsed = parseTemplate(text);
        if (!parsed.ok) {
          expect(text).toContain('${{');
          return;
        }
        const again = parseTemplate(parsed.template.text);
        expect(again.ok && again.template.text).toBe(parsed.template.text);
        const rendered = renderTemplate(parsed.template, values as ExpressionScope);
        if (!text.includes('${{')) expect(rendered).toEqual({ ok: true, value: text });
      }),
      { numRuns: tries(3_000) },
    );
  });

  test('JSON without templates is rendered to itself, whatever its keys', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        fc.pre(!JSON.stringify(value).includes('${{'));
        expect(JSON.stringify(renderJson(value as never, {}))).toBe(JSON.stringify({ ok: true, value }));
      }),
    );
  });
});

function normalZero(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (_, inner) => (Object.is(inner, -0) ? 0 : inner));
}
