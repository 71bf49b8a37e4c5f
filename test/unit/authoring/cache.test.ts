import { expect, test } from 'vitest';
import { mistakesOf, specOf, task } from './compiled.ts';

const ok = { run: 'true' };

test('a success stands for ever, or for so long', () => {
  const dag = specOf({
    a: { ...ok, cache: true },
    b: { ...ok, cache: { ttl: '1d' } },
    c: { ...ok, cache: false },
  });
  expect(['a', 'b', 'c'].map((path) => task(dag, path).cache)).toEqual([
    true,
    { ttlMs: 86_400_000 },
    undefined,
  ]);
});

test.each([
  ['sensor', { sensor: { every: '30s' } }],
  ['loop', { loop: { until: 'output.left == 0' } }],
  ['produces', { produces: ['duckdb://market/candles'] }],
])('%s and cache exclude one another', (key, more) => {
  expect(mistakesOf({ a: { ...ok, cache: true, ...more } })).toEqual([
    expect.stringMatching(`^not-cacheable @ tasks/a/cache#: task 'a' has both 'cache' and '${key}': `),
  ]);
});

test('setups and teardowns are done each time', () => {
  const teardown = { ...ok, teardown: true, setups: ['up'] };
  const found = mistakesOf({ up: { ...ok, cache: true }, down: { ...teardown, cache: true, after: ['up'] } });
  expect(found.map((text) => text.split(':')[0])).toEqual([
    'not-cacheable @ tasks/up/cache#',
    'not-cacheable @ tasks/down/cache#',
  ]);
});

test('what starts nothing is not cached, and a time must be one', () => {
  expect(mistakesOf({ a: ok, b: { after: ['a'], cache: true } })).toEqual([
    expect.stringMatching(/^not-applicable @ tasks\/b\/cache#/),
  ]);
  expect(mistakesOf({ a: { ...ok, cache: { ttl: '0s' } } })).toEqual([
    expect.stringMatching(/^bad-duration @ tasks\/a\/cache\/ttl/),
  ]);
});
