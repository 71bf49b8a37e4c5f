import { describe, expect, test } from 'vitest';
import {
  isTemplate,
  parseTemplate,
  renderJson,
  renderTemplate,
  rewriteTemplate,
} from '../../../core/expression/template.ts';
import type { Json } from '../../../core/model/json.ts';

const scope = { params: { n: 3, list: [1, 'a'], name: 'Ann', none: null }, item: { id: 'BTC' } };

function render(text: string): Json | string {
  const parsed = parseTemplate(text);
  if (!parsed.ok) return `syntax at ${parsed.error.offset}: ${parsed.error.message}`;
  const result = renderTemplate(parsed.template, scope);
  return result.ok ? result.value : `error: ${result.error.message}`;
}

describe('templates', () => {
  test.each<[string, Json]>([
    ['plain', 'plain'],
    ['', ''],
    ['${{ params.n }}', 3],
    ['${{params.list}}', [1, 'a']],
    ['${{ params.none }}', null],
    [' ${{ params.n }}', ' 3'],
    ['${{ params.n }}${{ params.n }}', '33'],
    ['x-${{ item.id }}.csv', 'x-BTC.csv'],
    ['list: ${{ params.list }}, none: ${{ params.none }}', 'list: [1,"a"], none: null'],
    ["${{ '}}' }}", '}}'],
    ['${{ "it\\"s }}" }}!', 'it"s }}!'],
    ["${{ '${{' }} stays", '${{ stays'],
    ['$ { {} } $${{ params.n }}', '$ { {} } $3'],
    ['a }} b', 'a }} b'],
  ])('%s', (text, value) => expect(render(text)).toEqual(value));

  test.each([
    ['a ${{ b', "syntax at 2: '${{' is not closed: '}}' is missing"],
    ["${{ 'a }}", "syntax at 0: '${{' is not closed: '}}' is missing"],
    ['ab ${{  c = 1 }}', "syntax at 10: '=' is not an operator: write '==' to compare"],
    ['${{ }}', 'syntax at 4: the expression is empty'],
    ['${{ 1 / 0 }}', 'error: division by zero'],
  ])('%s', (text, message) => expect(render(text)).toBe(message));

  test('canonical text, reads and rewriting', () => {
    const parsed = parseTemplate("a${{params['n']}}b ${{  item.id+params.n  }}");
    if (!parsed.ok) throw new Error(parsed.error.message);
    expect(parsed.template.text).toBe('a${{ params.n }}b ${{ item.id + params.n }}');
    expect(parsed.template.reads).toEqual([
      ['params', 'n'],
      ['item', 'id'],
    ]);
    const rewritten = rewriteTemplate(parsed.template, ([name]) =>
      name === 'item' ? { take: 1, path: ['x', 'y'] } : null,
    );
    expect(rewritten.text).toBe('a${{ params.n }}b ${{ x.y.id + params.n }}');
  });

  test('isTemplate', () => {
    expect([isTemplate('${{ a }}'), isTemplate('${ {a} }')]).toEqual([true, false]);
  });
});

describe('renderJson', () => {
  test('renders strings at any depth and keeps keys and other values', () => {
    const value = { a: ['${{ params.n }}', { '${{ k }}': 'x${{ params.n }}' }], b: 1, c: null };
    expect(renderJson(value, scope)).toEqual({
      ok: true,
      value: { a: [3, { '${{ k }}': 'x3' }], b: 1, c: null },
    });
  });

  test('what a template gives is not rendered again', () => {
    expect(renderJson('${{ params.t }}', { params: { t: '${{ item }}' } })).toEqual({
      ok: true,
      value: '${{ item }}',
    });
  });

  test('__proto__ stays a key', () => {
    const value = JSON.parse('{"__proto__": "${{ params.n }}"}') as Json;
    const rendered = renderJson(value, scope);
    expect(JSON.stringify(rendered)).toBe('{"ok":true,"value":{"__proto__":3}}');
  });

  test('errors name the place', () => {
    expect(renderJson({ a: [{ b: '${{ 1 / 0 }}' }] }, scope)).toEqual({
      ok: false,
      error: { message: 'a.0.b: division by zero' },
    });
    const deep = JSON.parse('['.repeat(5_000) + ']'.repeat(5_000)) as Json;
    expect(renderJson(deep, scope)).toEqual({
      ok: false,
      error: { message: 'the value is nested too deeply' },
    });
  });
});
