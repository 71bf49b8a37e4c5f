import { describe, expect, test } from 'vitest';
import { lineFilter } from '../../../core/log/line-filter.ts';
import { MatchBudget } from '../../../core/log/match-budget.ts';

describe('the budget of a search', () => {
  test('grows with what is searched, so that a long log comes to its end', () => {
    const budget = new MatchBudget();
    for (let batch = 0; batch < 10_000; batch++) {
      expect(budget.allow(250_000)).toBeGreaterThan(2_000);
      budget.spend(20);
    }
  });

  test('is spent by a pattern that takes longer than any text is worth', () => {
    const budget = new MatchBudget();
    let batches = 0;
    for (; budget.allow(250_000) > 1_000; batches++) budget.spend(1_000);
    expect(batches).toBeLessThan(5);
    expect(new MatchBudget().allow(0)).toBe(2_000);
    budget.spend(1e9);
    expect(budget.allow(1)).toBe(1);
  });
});

describe('the filter', () => {
  test.each([
    [{ regex: 'HTTP 4..' }, ['HTTP 404', 'http 404', 'HTTP 5']],
    [{ regex: 'a\\+b' }, ['a+b', 'aab']],
    [{ regex: 'plain text' }, ['some plain text here', 'Plain text']],
    [{ regex: 'PLAIN', ignoreCase: true }, ['plain', 'plan']],
    [{ text: 'a+b' }, ['a+b', 'aab']],
    [{ text: '(', ignoreCase: true }, ['f(x)', 'fx']],
  ] as const)('%j finds the first line of %j only', (pattern, lines) => {
    const filter = lineFilter(pattern);
    expect(filter(lines)).toEqual(lines.map((_, index) => index === 0));
    expect(filter([...lines].reverse())).toEqual(lines.map((_, index) => index === lines.length - 1));
  });
});
