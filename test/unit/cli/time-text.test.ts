import { describe, expect, test } from 'vitest';
import { countFlag, durationFlag, instantFlag } from '../../../cli/duration-flag.ts';
import { agoText, clockText, spanText } from '../../../cli/render/time-text.ts';

test.each([
  [0, '0ms'],
  [12.4, '12ms'],
  [94, '94ms'],
  [95, '0.1s'],
  [1_949, '1.9s'],
  [9_949, '9.9s'],
  [9_950, '10s'],
  [59_400, '59s'],
  [59_600, '1m00s'],
  [68_120, '1m08s'],
  [3_599_000, '59m59s'],
  [3_600_000, '1h00m'],
  [7_500_000, '2h05m'],
  [90_000_000, '1d01h'],
  [-5, '0ms'],
])('a span of %d ms is %s', (ms, text) => {
  expect(spanText(ms)).toBe(text);
});

test.each([
  [0, 'just now'],
  [59_000, '59s ago'],
  [3_599_000, '59m ago'],
  [86_399_000, '23h ago'],
  [86_400_000, '1d ago'],
])('%d ms are %s', (ms, text) => {
  expect(agoText(1_000_000_000, 1_000_000_000 + ms)).toBe(text);
});

test('times of day are UTC and say so', () => {
  expect(clockText(Date.UTC(2026, 10, 20, 23, 5, 9))).toBe('23:05:09Z');
});

describe('flags', () => {
  const now = Date.UTC(2026, 10, 20, 12);

  test.each([
    ['24h', now - 86_400_000],
    ['-90s', now - 90_000],
    ['today', Date.UTC(2026, 10, 20)],
    ['yesterday', Date.UTC(2026, 10, 19)],
    ['2026-11-01', Date.UTC(2026, 10, 1)],
    ['2026-11-01T08:00Z', Date.UTC(2026, 10, 1, 8)],
  ])('--since %s', (text, at) => {
    expect(instantFlag('--since', text, now)).toBe(at);
  });

  test('what is none is a mistake of usage that names the flag', () => {
    const usage = expect.objectContaining({ code: 'usage', message: expect.stringContaining('--x') });
    for (const wrong of [
      () => instantFlag('--x', 'soon', now),
      () => instantFlag('--x', '2026-13-40', now),
      () => durationFlag('--x', '5 min'),
    ]) {
      expect(wrong).toThrow(usage);
    }
    for (const wrong of ['0', '-1', '1.5', 'x', '']) expect(() => countFlag('--x', wrong)).toThrow(usage);
    expect(countFlag('--x', '12')).toBe(12);
  });
});
