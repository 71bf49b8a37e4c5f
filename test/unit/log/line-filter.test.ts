import { describe, expect, test, vi } from 'vitest';
import { lineFilter } from '../../../core/log/line-filter.ts';
import { MatchBudget } from '../../../core/log/match-budget.ts';

describe('the budget of a search', () => {
  test('grows with what is searched, so that a long log comes to its end', () => {
    const budget = new MatchBudget();
    for (let batch = 0; batch < 10_000; batch++) {
      expect(budget.allow(250_000)).toBe(2_000);
      budget.spend(200);
    }
  });

  test('is spent by a pattern that takes longer than its text is worth, spread as it may be', () => {
    const budget = new MatchBudget();
    let batches = 0;
    for (; budget.allow(250_000) > 1_900; batches++) budget.spend(1_900);
    expect(batches).toBe(1);
    budget.spend(1e9);
    expect(budget.allow(1)).toBe(1);
  });

  test('is not saved up: a sound pattern on a long log may not hang at its last line', () => {
    const budget = new MatchBudget();
    for (let batch = 0; batch < 10_000; batch++) budget.allow(250_000);
    expect(budget.allow(250_000)).toBe(2_000);
  });

  test('pays for the matching alone: lines may come one by one', () => {
    const spend = vi.spyOn(MatchBudget.prototype, 'spend');
    const filter = lineFilter({ regex: 'HTTP 4..' });
    const begunMs = performance.now();
    for (let line = 0; line < 500; line++) filter(['HTTP 200']);
    const tookMs = performance.now() - begunMs;
    const paidMs = spend.mock.calls.reduce((sum, [ms]) => sum + ms, 0);
    spend.mockRestore();
    expect(paidMs).toBeLessThan(tookMs / 4);
  });

  test('is one for all batches of a filter', () => {
    const filter = lineFilter({ regex: '^(a+)+$' });
    const slow = `${'a'.repeat(24)}b`;
    const search = () => {
      for (let batch = 0; batch < 10_000; batch++) filter([slow]);
    };
    expect(search).toThrow('takes too long');
  });
});

describe('the filter', () => {
  test.each([
    [{ regex: 'HTTP 4..' }, ['HTTP 404', 'http 404', 'HTTP 5']],
    [{ regex: 'a\\+b' }, ['a+b', 'aab']],
    [{ regex: 'plain text' }, ['some plain text here', 'Plain text']],
    [{ regex: '.*.*plain (text|word).*' }, ['some plain text here', 'Plain text']],
    [{ regex: '.*?plain' }, ['a plain', 'Plain']],
    [{ regex: '.*' }, ['anything']],
    [{ regex: 'PLAIN', ignoreCase: true }, ['plain', 'plan']],
    [{ text: 'a+b' }, ['a+b', 'aab']],
    [{ text: '(', ignoreCase: true }, ['f(x)', 'fx']],
  ] as const)('%j finds the first line of %j only', (pattern, lines) => {
    const filter = lineFilter(pattern);
    expect(filter(lines)).toEqual(lines.map((_, index) => index === 0));
    expect(filter([...lines].reverse())).toEqual(lines.map((_, index) => index === lines.length - 1));
  });

  test('takes a pattern that begins with anything as one that does not', () => {
    const filter = lineFilter({ regex: '.*(NEVER|EVER) seen' });
    const lines = Array.from({ length: 2_000 }, () => 'x'.repeat(4_096));
    expect(filter(lines)).not.toContain(true);
  });

  test.each(['.**x', '.*+x', '.*(', '{'])('refuses %s as it stands', (regex) => {
    expect(() => lineFilter({ regex })).toThrow('not a regular expression');
  });
});
