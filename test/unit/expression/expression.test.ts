import { describe, expect, test } from 'vitest';
import { evaluate, isTrue } from '../../../core/expression/evaluate.ts';
import type { ExpressionScope } from '../../../core/expression/expression.ts';
import { parseExpression } from '../../../core/expression/parse.ts';
import { rewriteReads } from '../../../core/expression/rewrite.ts';
import type { Json } from '../../../core/model/json.ts';

const scope: ExpressionScope = {
  params: {
    symbols: ['BTC', 'ETH'],
    fast: 12,
    name: 'Ann',
    nothing: null,
    'odd key': 7,
    nested: { a: [10, 20] },
  },
  needs: { vol: { vol: 0.7 } },
  item: 'BTC',
  tasks: { 'symbol.regime': 'defensive' },
};

function run(text: string, values: ExpressionScope = scope): Json | string {
  const parsed = parseExpression(text);
  if (!parsed.ok) return `syntax at ${parsed.error.offset}: ${parsed.error.message}`;
  const result = evaluate(parsed.expression, values);
  return result.ok ? result.value : `error: ${result.error.message}`;
}

describe('values', () => {
  const cases: [string, Json][] = [
    ['1', 1],
    ['1.5e3', 1500],
    ['-2', -2],
    ['- -2', 2],
    ['-0', 0],
    ['true', true],
    ['null', null],
    [`'it\\'s' + " \\"q\\""`, `it's "q"`],
    [`'\\u00e9\\n'`, 'é\n'],
    ['[1, [], [item]]', [1, [], ['BTC']]],
    ['params.fast', 12],
    ["params['odd key']", 7],
    ['params.symbols[1]', 'ETH'],
    ['params.symbols.length', 2],
    ['params.nested.a[0 + 1]', 20],
    ["params['na' + 'me']", 'Ann'],
    ["tasks['symbol.regime'] == 'defensive'", true],
    ['needs.vol.vol > 0.6', true],
    ['1 + 2 * 3', 7],
    ['(1 + 2) * 3', 9],
    ['10 - 2 - 3', 5],
    ['2 * 3 % 4', 2],
    ['7 / 2', 3.5],
    ['-7 % 3', -1],
    ['1 < 2 && 2 <= 2 && 3 > 2 && 3 >= 3', true],
    ["'a' < 'b'", true],
    ['1 == 1.0', true],
    ["1 == '1'", false],
    ['null == params.missing', true],
    ["[1, ['x']] == [1, ['x']]", true],
    ["[1, ['x']] != [1, ['y']]", true],
    ["'BTC' in params.symbols", true],
    ["'fast' in params", true],
    ["'toString' in params", false],
    ["'ell' in 'hello'", true],
    ['!0 && !null', true],
    ["!''", true],
    ["params.missing || 'x'", 'x'],
    ["'a' && 'b'", 'b'],
    ["params.fast > 10 ? 'big' : 'small'", 'big'],
    ['false ? 1 : true ? 2 : 3', 2],
    ['(true ? false : true) ? 1 : 2', 2],
    ['true || 1 / 0', true],
    ['false && 1 / 0', false],
    ["len('abc') + len([1]) + len(params.nested)", 5],
    ["contains(params.symbols, 'ETH')", true],
    ["startsWith('abc', 'ab') && endsWith('abc', 'bc')", true],
    ["upper('a') + lower('B') + trim(' c ')", 'Abc'],
    ['default(params.nothing, params.missing, 3)', 3],
    ['default(false, 3)', false],
    ["join(params.symbols, '/')", 'BTC/ETH'],
    ["join([1, null, 'x'], '')", '1nullx'],
    ['min(3, 1, 2) + max([4, 5])', 6],
    ['min([])', null],
    ['round(2.345, 2)', 2.35],
    ['round(-2.5)', -3],
    ['floor(-1.5) + ceil(1.2) + abs(-3)', 3],
    ["string([1, 'a'])", '[1,"a"]'],
    ["number(' 1.5e1 ')", 15],
    [`json('{"a": [1]}').a[0]`, 1],
  ];
  test.each(cases)('%s', (text, value) => {
    expect(run(text)).toEqual(value);
  });
});

describe('what is missing is null, never something inherited', () => {
  const texts = [
    'params.missing',
    'params.missing.deeper[3].x',
    'nobody',
    'params.constructor',
    'params.__proto__',
    "params['__proto__']['polluted']",
    'params.symbols.map',
    'params.symbols.constructor',
    "params.symbols['0']",
    'params.symbols[-1]',
    'params.symbols[0.5]',
    'params.symbols[2]',
    "item['length']",
    'item.constructor',
    'params[0]',
    'constructor',
    'toString',
    '__proto__',
    'hasOwnProperty.call',
    'params.fast.toFixed',
  ];
  test.each(texts)('%s', (text) => expect(run(text)).toBeNull());

  test('getters and functions do not exist', () => {
    const values = Object.defineProperty({ f: () => 1 } as object, 'g', { get: () => 1, enumerable: true });
    expect(run('x.g', { x: values as never })).toBeNull();
    expect(run('x.f', { x: values as never })).toBeNull();
  });

  test('an own key named __proto__ is an ordinary key', () => {
    expect(run('x.__proto__.a', JSON.parse('{"x": {"__proto__": {"a": 1}}}'))).toBe(1);
  });
});

describe('errors of evaluation', () => {
  test.each([
    ['params.missing > 1', "error: '>' needs two numbers or two strings, not null and a number"],
    ["1 < 'a'", "error: '<' needs two numbers or two strings, not a number and a string"],
    ["1 + 'a'", "error: '+' needs two numbers or two strings, not a number and a string"],
    ['true * 2', "error: '*' needs two numbers, not a boolean and a number"],
    ['1 / 0', 'error: division by zero'],
    ['1 % 0', 'error: division by zero'],
    ['1e308 * 10', 'error: the result is not a finite number'],
    ["-'a'", 'error: cannot negate a string'],
    ['params[true]', 'error: cannot index with a boolean: use a number or a string'],
    ['1 in 2', 'error: cannot look for a number in a number'],
    ['len(1)', 'error: len() needs a string, list or object, not a number'],
    ["number('0x10')", 'error: number() cannot read "0x10"'],
    ["min(1, 'a')", 'error: min() needs numbers, not a string'],
    ["json('{')", 'error: json() cannot read its text: it is not JSON'],
    [
      `json('${'['.repeat(1_001)}${']'.repeat(1_001)}')`,
      'error: json() cannot read its text: it is nested deeper than 1000 levels',
    ],
    ['round(1, 99)', 'error: round() needs a whole number of digits from 0 to 15'],
    ["join('a')", 'error: join() needs a list, not a string'],
  ])('%s', (text, message) => expect(run(text)).toBe(message));
});

describe('errors of syntax', () => {
  test.each([
    ['', 'syntax at 0: the expression is empty'],
    ['a = 1', "syntax at 2: '=' is not an operator: write '==' to compare"],
    ['a & b', "syntax at 2: '&' is not an operator: write '&&'"],
    ['a b', 'syntax at 2: expected an operator or the end, but there is "b"'],
    ['a ==', 'syntax at 4: expected a value, but the expression ends'],
    ['(a', "syntax at 2: expected ')', but the expression ends"],
    ['1 < 2 < 3', "syntax at 6: comparisons do not chain: put '&&' before '<', or use parentheses"],
    ["'abc", "syntax at 0: the string is not closed: ' is missing"],
    ["'a\\x'", `syntax at 2: unknown escape '\\x': use \\\\ \\' \\" \\n \\r \\t or \\u0000`],
    ['lenn(a)', "syntax at 0: there is no function 'lenn': did you mean 'len'?"],
    ['len()', 'syntax at 0: wrong number of arguments (0): it is written len(value)'],
    ['a.b()', 'syntax at 3: expected an operator or the end, but there is "("'],
    ['`${process}`', "syntax at 0: '`' does not start a string: use ' or \""],
    ['a ? b', "syntax at 5: expected ':', but the expression ends"],
    ['1e999', 'syntax at 0: the number 1e999 is too large'],
    ['a.1', 'syntax at 2: expected a property name, but there is "1"'],
    ['été', 'syntax at 0: unexpected character "é"'],
    ['in', 'syntax at 0: expected a value, but there is "in"'],
  ])('%s', (text, message) => expect(run(text)).toBe(message));
});

describe('limits', () => {
  test.each([
    ['parentheses', '('.repeat(1_000)],
    ['lists', '['.repeat(1_000)],
    ['not', '!'.repeat(2_000)],
    ['minus', '- '.repeat(1_000)],
    ['ternaries', '1?'.repeat(1_000)],
    ['calls', 'len('.repeat(500)],
    ['a long sum', Array.from({ length: 500 }, () => '1').join('+')],
    ['a long path', `a${'.a'.repeat(500)}`],
    ['indexes', `a${'[0]'.repeat(500)}`],
  ])('%s are refused without overflow', (_, text) => {
    expect(run(text)).toMatch(/^syntax at \d+: the expression is nested more than 100 levels deep$/);
  });

  test('length', () => {
    expect(run(`'${'x'.repeat(65_534)}'`)).toBe('x'.repeat(65_534));
    expect(run(`'${'x'.repeat(65_535)}'`)).toBe(
      'syntax at 65536: an expression may have 65536 characters; this one has 65537',
    );
  });

  test('deep values are compared and refused as text without overflow', () => {
    const deep = JSON.parse('['.repeat(50_000) + ']'.repeat(50_000)) as Json;
    const again = JSON.parse('['.repeat(50_000) + ']'.repeat(50_000)) as Json;
    expect(run('a == b', { a: deep, b: again })).toBe(true);
    expect(run('string(a)', { a: deep })).toBe('error: the value is nested too deeply to be written as text');
  });
});

describe('canonical text and reads', () => {
  test.each([
    ['a["b"]', 'a.b'],
    [' ( a )==( "x" ) ', "a == 'x'"],
    ['(a+b)+c', 'a + b + c'],
    ['a+(b+c)', 'a + (b + c)'],
    ['!(a&&b)', '!(a && b)'],
    ["a['odd key'] [ 0 ]", "a['odd key'][0]"],
    ['a?b:(c?d:e)', 'a ? b : c ? d : e'],
    ['(a?b:c)?d:e', '(a ? b : c) ? d : e'],
    ['(-1).x', '(-1).x'],
    ['1.50', '1.5'],
    ['(a < b) == c', '(a < b) == c'],
  ])('%s -> %s', (text, canonical) => {
    const parsed = parseExpression(text);
    expect(parsed.ok && parsed.expression.text).toBe(canonical);
  });

  test('reads are the longest known paths, once each', () => {
    const parsed = parseExpression(
      "needs.vol.vol > 1 || needs.vol.vol > len(params[item.id].x) || a['b'][0].c",
    );
    expect(parsed.ok && parsed.expression.reads).toEqual([
      ['needs', 'vol', 'vol'],
      ['params'],
      ['item', 'id'],
      ['a', 'b', '0', 'c'],
    ]);
  });

  test('rewriting replaces the beginning of reads and nothing else', () => {
    const parsed = parseExpression(
      "regime == 'regime' && g.inner.x[0] && params.regime && [regime.a][0].regime",
    );
    if (!parsed.ok) throw new Error(parsed.error.message);
    const rewritten = rewriteReads(parsed.expression, ([first, second]) => {
      if (first === 'regime') return { take: 1, path: ['tasks', 'deep.regime'] };
      return first === 'g' && second === 'inner' ? { take: 2, path: ['tasks', 'g.inner'] } : null;
    });
    expect(rewritten.text).toBe(
      "tasks['deep.regime'] == 'regime' && tasks['g.inner'].x[0] && params.regime && " +
        "[tasks['deep.regime'].a][0].regime",
    );
    expect(rewritten.reads).toContainEqual(['tasks', 'g.inner', 'x', '0']);
    expect(rewriteReads(parsed.expression, () => null).text).toBe(parsed.expression.text);
  });

  test('truth', () => {
    expect([null, false, 0, ''].map(isTrue)).toEqual([false, false, false, false]);
    expect([[], {}, 'x', -1, true].map(isTrue)).toEqual([true, true, true, true, true]);
  });

  test('the same text is parsed once', () => {
    expect(parseExpression('a + 12345')).toBe(parseExpression('a + 12345'));
  });
});
