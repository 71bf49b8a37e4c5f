import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  BINARY_PRECEDENCE,
  EXPRESSION_DEPTH_MAX,
  EXPRESSION_LENGTH_MAX,
} from '../../../core/expression/expression.ts';
import { FUNCTIONS } from '../../../core/expression/functions.ts';
import { renderJson } from '../../../core/expression/template.ts';
import type { JsonObject } from '../../../core/model/json.ts';

const page = readFileSync('docs/expressions.md', 'utf8');
const examples = page.slice(page.indexOf('## Examples'));
const scope = JSON.parse(/```json\n([\s\S]*?)```/.exec(examples)?.[1] ?? '') as JsonObject;
const rows = [...examples.matchAll(/^\| `(.+?)` +\| `(.+?)` +\|$/gm)].map(
  ([, text, value]) => [text, value] as const,
);

describe('docs/expressions.md', () => {
  test.each(rows)('%s is %s', (text = '', value = '') => {
    const template = text.includes('${{') ? text : `\${{ ${text} }}`;
    expect(renderJson(template, scope)).toEqual({ ok: true, value: JSON.parse(value) });
  });

  test('has examples of both kinds', () => {
    expect(rows.filter(([text]) => text?.includes('${{')).length).toBeGreaterThan(1);
    expect(rows.length).toBeGreaterThan(10);
  });

  test('names every function as it is written, every operator and the limits', () => {
    const missing = [...FUNCTIONS.values()]
      .map(({ signature }) => signature)
      .filter((one) => !page.includes(`\`${one}\``));
    expect(missing).toEqual([]);
    const grammar = /```\n(expression =[\s\S]*?)```/.exec(page)?.[1] ?? '';
    expect(Object.keys(BINARY_PRECEDENCE).filter((operator) => !grammar.includes(`"${operator}"`))).toEqual(
      [],
    );
    expect(page).toContain(`${EXPRESSION_LENGTH_MAX.toLocaleString('en')} characters`);
    expect(page).toContain(`nested ${EXPRESSION_DEPTH_MAX} levels deep`);
  });
});
