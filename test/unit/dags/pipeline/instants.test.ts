import fc from 'fast-check';
import { expect, test } from 'vitest';
import { instantText, parseInstant } from '../../../../dags/pipeline/instants.ts';

test.each([
  ['1723161255342', 1_723_161_255_342],
  ['1723161255', 1_723_161_255_000],
  ['2024-08-09', Date.UTC(2024, 7, 9)],
  ['2024-08-09T13:45:06.250Z', Date.UTC(2024, 7, 9, 13, 45, 6, 250)],
  ['2024-08-09 13:45', Date.UTC(2024, 7, 9, 13, 45)],
  ['2024-08-09T13:45:00+02:00', Date.UTC(2024, 7, 9, 11, 45)],
  ['2024-08-09T13:45:00-0530', Date.UTC(2024, 7, 9, 19, 15)],
  ['Jan 1 2000', Date.UTC(2000, 0, 1)],
  ['2024-02-29', Date.UTC(2024, 1, 29)],
  ['2023-02-29', null],
  ['2024-13-01', null],
  ['2024-08-09T24:00:00Z', null],
  ['Foo 1 2000', null],
  ['', null],
  ['yesterday', null],
])('%s', (text, at) => {
  expect(parseInstant(text)).toBe(at);
});

test('reads back what RFC 3339 writes', () => {
  fc.assert(
    fc.property(fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true }), (date) => {
      expect(parseInstant(date.toISOString())).toBe(date.getTime());
    }),
  );
});

test('midnight is shown as a day', () => {
  expect([instantText(Date.UTC(2024, 7, 9)), instantText(Date.UTC(2024, 7, 9, 1, 2))]).toEqual([
    '2024-08-09',
    '2024-08-09 01:02',
  ]);
});
