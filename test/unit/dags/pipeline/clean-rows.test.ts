import { expect, test } from 'vitest';
import { judge } from '../../../../dags/pipeline/clean.ts';
import { BAR_RULES, cleanRows, TRADE_RULES } from '../../../../dags/pipeline/clean-rows.ts';
import type { RawRow } from '../../../../dags/pipeline/market.ts';

const raw = (lines: readonly string[]): RawRow[] =>
  lines.map((line, i) => ({
    file: 'x.csv',
    line: i + 2,
    fields: line.split(',').map((cell) => cell || null),
  }));

test('bars: every kind of bad row is found, named by file and line, and counted once', () => {
  const clean = cleanRows(
    raw([
      '2024-01-02,10,11,9,10,5',
      '2024-01-01,10,11,9,10,5',
      '2024-01-03,10,11,9,ten,5',
      '2024-01-32,10,11,9,10,5',
      '2024-01-04,10,9,9,10,5',
      '2024-01-05,10,11,10.5,10,5',
      '2024-01-06,0,11,0,10,5',
      '2024-01-07,10,11,9,10,-5',
      '2024-01-02,10,11,9,10,5',
      '2024-01-01,10,12,9,10,5',
      '2024-01-08,10,11,9,1e999,5',
      '2024-01-09,10,11,9,10,',
    ]),
    BAR_RULES,
  );
  expect(clean.rows.map((bar) => [new Date(bar.at).getUTCDate(), bar.high, bar.volume])).toEqual([
    [1, 12, 5],
    [2, 11, 5],
    [9, 11, null],
  ]);
  expect(clean.outOfOrder).toBe(2);
  expect(clean.unreadable.finding()).toEqual({
    count: 3,
    examples: [
      'x.csv:4: 2024-01-03, 10, 11, 9, ten, 5',
      'x.csv:5: 2024-01-32, 10, 11, 9, 10, 5',
      'x.csv:12: 2024-01-08, 10, 11, 9, 1e999, 5',
    ],
  });
  expect(clean.impossible.finding().examples.map((text) => text.split(' (')[0])).toEqual([
    'x.csv:6: high is below another price',
    'x.csv:7: low is above another price',
    'x.csv:8: a price is not positive',
    'x.csv:9: volume is negative',
  ]);
  expect(clean.duplicates.finding()).toEqual({ count: 1, examples: ['x.csv:10'] });
  expect(clean.conflicts.finding().count).toBe(1);
});

test('trades: equal timestamps stay, equal ids go, ids order trades of one millisecond', () => {
  const clean = cleanRows(
    raw([
      '1000000000000,5,1,buy,12',
      '1000000000000,4,1,sell,11',
      '1000000000000,5,1,buy,12',
      '1000000000000,3,0,buy,13',
    ]),
    TRADE_RULES,
  );
  expect(clean.rows.map((trade) => trade.tradeId)).toEqual(['11', '12']);
  expect([clean.duplicates.total, clean.impossible.total, clean.outOfOrder]).toEqual([1, 1, 0]);
});

test('trades without ids are all kept, in the order of the file', () => {
  const clean = cleanRows(
    raw(['1000000000000,5,1,,', '1000000000000,5,1,,', '1000000000000,4,1,,']),
    TRADE_RULES,
  );
  expect(clean.rows.map((trade) => trade.price)).toEqual([5, 5, 4]);
});

test('rows in = rows out + everything removed', () => {
  const { quality } = judge(
    'bars',
    raw(['2024-01-01,1,1,1,1,1', '2024-01-01,1,1,1,1,1', 'x,1,1,1,1,1', '2024-01-02,2,1,1,2,1']),
  );
  const removed =
    quality.unreadable.count + quality.impossible.count + quality.duplicates.count + quality.conflicts.count;
  expect(quality.rowsIn).toBe(quality.rowsOut + removed);
});
