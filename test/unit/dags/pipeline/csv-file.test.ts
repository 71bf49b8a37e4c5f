import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { detectColumns } from '../../../../dags/pipeline/csv-columns.ts';
import { readCsv } from '../../../../dags/pipeline/csv-file.ts';
import { workspace } from './fake-context.ts';

const { signal } = new AbortController();

test.each([
  ['timestamp_ms,open,high,low,close,volume', 'bars', [0, 1, 2, 3, 4, 5]],
  ['Date,Open,High,Low,Close,Adj Close,Volume', 'bars', [0, 1, 2, 3, 4, 6]],
  ['close,low,high,open,time', 'bars', [4, 3, 2, 1, 0, -1]],
  ['timestamp_ms,price,size,side,trade_id', 'trades', [0, 1, 2, 3, 4]],
  ['time,price,qty', 'trades', [0, 1, 2, -1, -1]],
] as const)('names: %s', (header, kind, columns) => {
  expect(detectColumns(header.split(','), 'x.csv')).toEqual({ kind, columns, header: true });
});

test.each([
  ['1475798400000,611.78,611.91,611.78,611.9,1.13872', 'bars'],
  ['1723161255342,61837.63,0.02,sell,3735683259', 'trades'],
] as const)('no names: %s', (row, kind) => {
  expect(detectColumns(row.split(','), 'x.csv')).toMatchObject({ kind, header: false });
});

test('columns that are no market data are refused by name', () => {
  expect(() => detectColumns(['name', 'age'], 'people.csv')).toThrow(
    /people\.csv: its columns \(name, age\) are neither bars/,
  );
});

test('byte order mark, quotes, Windows line ends and empty lines; each row knows its line', async () => {
  await using space = workspace();
  const path = join(space.dir, 'x.csv');
  const text = '\ufefftime,open,high,low,close\r\n"2024-01-01",1,2,0.5,1\r\n\r\n2024-01-02, 3 ,4,2,3\r\n';
  await writeFile(path, text);
  const { rows, kind, bytes } = await readCsv({ path, signal });
  expect(kind).toBe('bars');
  expect(rows).toEqual([
    { file: 'x.csv', line: 2, fields: ['2024-01-01', '1', '2', '0.5', '1', null] },
    { file: 'x.csv', line: 4, fields: ['2024-01-02', '3', '4', '2', '3', null] },
  ]);
  expect(bytes).toBe(Buffer.byteLength(text));
});

test('a short row is kept for clean to judge', async () => {
  await using space = workspace();
  const path = join(space.dir, 'x.csv');
  await writeFile(path, 'time,open,high,low,close\n2024-01-01,1\n');
  const { rows } = await readCsv({ path, signal });
  expect(rows[0]?.fields).toEqual(['2024-01-01', '1', null, null, null, null]);
});

test.each([
  ['an empty file', '', /has no rows/],
  ['names alone', 'time,open,high,low,close\n', /has no rows/],
  ['an open quote', 'time,open,high,low,close\n"2024-01-01,1,2,3,4\n', /is no readable CSV/],
  ['a line of 100 kB', `time,open,high,low,close\n${'1'.repeat(100_000)},1,1,1,1\n`, /is no readable CSV/],
])('refused: %s', async (_, text, message) => {
  await using space = workspace();
  const path = join(space.dir, 'x.csv');
  await writeFile(path, text);
  await expect(readCsv({ path, signal })).rejects.toMatchObject({
    name: 'FatalError',
    message: expect.stringMatching(message),
  });
});

test('an aborted attempt stops reading', async () => {
  await using space = workspace();
  const path = join(space.dir, 'x.csv');
  await writeFile(path, 'time,open,high,low,close\n2024-01-01,1,1,1,1\n');
  await expect(readCsv({ path, signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' });
});
