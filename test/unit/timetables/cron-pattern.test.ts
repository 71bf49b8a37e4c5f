import { Cron } from 'croner';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseCron } from '../../../core/authoring/compile/cron.ts';
import { CronPattern } from '../../../core/cron/cron-pattern.ts';
import { tries } from '../../tries.ts';

const utc = (text: string): number => Date.parse(`${text}Z`);
const text = (at: number | null): string | null =>
  at === null ? null : new Date(at).toISOString().slice(0, 19);

/** Fields of the grammar that orch shares with croner. */
function field(low: number, high: number): fc.Arbitrary<string> {
  const number = fc.integer({ min: low, max: high });
  const range = fc.tuple(number, number).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`);
  const step = fc.integer({ min: 1, max: Math.max(1, Math.floor((high - low) / 2)) });
  const part = fc.oneof(
    number.map(String),
    range,
    fc.tuple(range, step).map(([one, by]) => `${one}/${by}`),
    step.map((by) => `*/${by}`),
  );
  return fc.oneof(
    { weight: 2, arbitrary: fc.constant('*') },
    { weight: 3, arbitrary: fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join(',')) },
  );
}

const dayOfMonth = fc.oneof(
  { weight: 5, arbitrary: field(1, 31) },
  { weight: 1, arbitrary: fc.constantFrom('L', 'LW', '1W', '15W', '31W') },
);
const dayOfWeek = fc.oneof(
  { weight: 5, arbitrary: field(0, 6) },
  { weight: 1, arbitrary: fc.constantFrom('7', 'MON-FRI', 'FRI#2', '1#5', '5#L', 'SUN') },
);
const expression = fc
  .tuple(field(0, 59), field(0, 59), field(0, 23), dayOfMonth, field(1, 12), dayOfWeek)
  .map((fields) => fields.join(' '));

describe('the local times of a cron expression', () => {
  test('are those of croner, forwards and backwards', () => {
    fc.assert(
      fc.property(
        expression,
        fc.integer({ min: utc('1999-01-01'), max: utc('2044-01-01') }),
        (cron, from) => {
          const oracle = new Cron(cron, { timezone: 'UTC', paused: true });
          const pattern = new CronPattern(cron);
          const next = oracle.nextRun(new Date(from));
          expect([cron, text(pattern.next(from))]).toEqual([cron, text(next?.getTime() ?? null)]);
          if (next === null) return;
          const second = Math.floor(from / 1000) * 1000;
          expect(pattern.previous(next.getTime())).toBe(next.getTime());
          const before = pattern.previous(second);
          if (before !== null) expect(pattern.next(before - 1)).toBe(before);
          if (before !== null)
            expect(pattern.next(before)).toBe(second === from ? pattern.next(from) : next.getTime());
        },
      ),
      { numRuns: tries(1_500) },
    );
  });

  test.each([
    ['0 0 29 2 *', '2024-03-01', '2028-02-29T00:00:00', '2024-02-29T00:00:00'],
    ['0 0 29 2 *', '2096-03-01', '2104-02-29T00:00:00', '2096-02-29T00:00:00'],
    ['0 9 LW * *', '2026-05-30', '2026-06-30T09:00:00', '2026-05-29T09:00:00'],
    ['0 9 1W * *', '2026-07-31', '2026-08-03T09:00:00', '2026-07-01T09:00:00'],
    ['0 0 31W * *', '2026-02-01', '2026-03-31T00:00:00', '2026-01-30T00:00:00'],
    ['0 0 * * 5L', '2026-11-01', '2026-11-27T00:00:00', '2026-10-30T00:00:00'],
    ['0 0 13 * 5', '2026-11-14', '2026-11-20T00:00:00', '2026-11-13T00:00:00'],
    ['0 0 */2 * 6', '2026-11-04', '2026-11-05T00:00:00', '2026-11-03T00:00:00'],
    ['0 0 * * FRI-SUN', '2026-11-26', '2026-11-27T00:00:00', '2026-11-22T00:00:00'],
    ['0 0 * * MON-FRI#1', '2026-11-26', '2026-12-01T00:00:00', '2026-11-06T00:00:00'],
    ['59 59 23 31 12 *', '2026-01-01', '2026-12-31T23:59:59', '2025-12-31T23:59:59'],
  ])('%s after %s', (cron, from, next, previous) => {
    const pattern = new CronPattern(cron);
    expect([text(pattern.next(utc(from))), text(pattern.previous(utc(from)))]).toEqual([next, previous]);
  });

  test.each([
    ['0/15 * * * *', "a step belongs to '*' or to a range, not to '0'"],
    ['*/0 * * * *', "the step of '*/0' must be a whole number from 1"],
    ['*/61 * * * *', "the step of '*/61' is longer than the field"],
    ['*/5/5 * * * *', "'*/5/5' has more than one step"],
    ['1-2-3 * * * *', "'1-2-3' is not a range"],
    ['1,,2 * * * *', "the minute field cannot be ''"],
    ['* * * * 1#6', "'1#6' must have a number from 1 to 5"],
    ['* * 10-15W * *', "the day of month field cannot be '15W'"],
    ['* * * janu *', "the month field cannot be 'JANU'"],
    ['-1 * * * *', "the minute field cannot be ''"],
  ])('%s is refused in plain words', (cron, sentence) => {
    expect(parseCron(cron)).toMatchObject({ ok: false, message: expect.stringContaining(sentence) });
  });
});
