import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { collect } from '../../../../dags/pipeline/collect.ts';
import { datasetFiles } from '../../../../dags/pipeline/dataset.ts';
import { loadParquet, readRows, withDuckDb } from '../../../../dags/pipeline/duckdb.ts';
import type { Collected } from '../../../../dags/pipeline/outputs.ts';
import { fakeContext, PROJECT_DIR, workspace } from './fake-context.ts';

const BARS = 'timestamp_ms,open,high,low,close,volume\n';

async function rawRows(dir: string, { raw }: Collected): Promise<unknown[][]> {
  const files = await datasetFiles(join(dir, 'data'), raw);
  return withDuckDb(async (db) => {
    await loadParquet(
      db,
      'raw',
      files.map((file) => file.full),
    );
    return readRows(db, 'SELECT * REPLACE (line::DOUBLE AS line) FROM raw ORDER BY file, line');
  });
}

async function writeCsv(dir: string, name: string, text: string): Promise<void> {
  const path = join(dir, 'csv', name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

const source = { sourceTypes: ['csv'] };

test('recorded: the rows of the package as they stand there, with licence, version and hash', async () => {
  await using space = workspace();
  const collected = await collect({}, fakeContext(space.dir, 'SP500'));
  const main = createRequire(join(PROJECT_DIR, 'package.json')).resolve('vega-datasets');
  const bytes = await readFile(join(dirname(main), '../data/sp500-2000.csv'));
  const lines = bytes.toString().trim().split('\n');
  expect(collected.provenance).toEqual([
    {
      source: 'recorded',
      origin: expect.stringMatching(/^vega-datasets@\d+\.\d+\.\d+$/),
      file: 'data/sp500-2000.csv',
      licence: 'BSD-3-Clause',
      sha256: createHash('sha256').update(bytes).digest('hex'),
      bytes: bytes.length,
      rows: lines.length - 1,
    },
  ]);
  const rows = await rawRows(space.dir, collected);
  expect(rows).toHaveLength(lines.length - 1);
  const [date, open, high, low, close, , volume] = (lines[1234] as string).split(',');
  expect(rows[1233]).toEqual(['sp500-2000.csv', 1235, date, open, high, low, close, volume]);
});

test('recorded: one price a month becomes four equal prices without volume, and it is said', async () => {
  await using space = workspace();
  const ctx = fakeContext(space.dir, 'GOOG');
  const collected = await collect({}, ctx);
  expect(collected.notes.join()).toMatch(/one price a month.*open = high = low = close.*no volume/);
  expect(ctx.told.warnings.join()).toMatch(/GOOG: .*one price a month/);
  const [first] = await rawRows(space.dir, collected);
  expect(first?.slice(2)).toEqual(['Aug 1 2004', '102.37', '102.37', '102.37', '102.37', null]);
  expect(collected.rows).toBe(68);
});

test('a symbol that no source has fails for good and names what there is', async () => {
  await using space = workspace();
  await mkdir(join(space.dir, 'csv'));
  const ctx = fakeContext(space.dir, 'NO/PE', { sourceTypes: ['recorded', 'csv'] });
  await expect(collect({}, ctx)).rejects.toMatchObject({
    name: 'FatalError',
    message: expect.stringMatching(
      /No source has the symbol NO\/PE: recorded \(it has SP500, .*\); csv \(.*csv has no NO%2FPE\.csv\)/,
    ),
  });
});

test('a folder of CSV files that is not there fails for good and names the param', async () => {
  await using space = workspace();
  await expect(collect({}, fakeContext(space.dir, 'X', source))).rejects.toThrow(
    /csv does not exist; param csvDir/,
  );
});

test('sources are asked in order, and one source gives all rows', async () => {
  await using space = workspace();
  await writeCsv(space.dir, 'AAPL.csv', `${BARS}1500000000000,1,1,1,1,1\n`);
  const own = await collect({}, fakeContext(space.dir, 'AAPL', { sourceTypes: ['csv', 'recorded'] }));
  const recorded = await collect({}, fakeContext(space.dir, 'AAPL', { sourceTypes: ['recorded', 'csv'] }));
  expect([own.rows, recorded.rows]).toEqual([1, 1260]);
});

test('several files of a symbol are one symbol, in the order of their names', async () => {
  await using space = workspace();
  await writeCsv(space.dir, 'X/b.csv', `${BARS}1500000060000,2,2,2,2,1\n`);
  await writeCsv(space.dir, 'X/a.CSV', `${BARS}1500000000000,1,1,1,1,1\n`);
  await writeCsv(space.dir, 'X/notes.txt', 'not data');
  const collected = await collect({}, fakeContext(space.dir, 'X', source));
  expect(collected.provenance.map((file) => [file.file, file.licence])).toEqual([
    ['X/a.CSV', null],
    ['X/b.csv', null],
  ]);
});

test('bars and trades of one symbol are refused', async () => {
  await using space = workspace();
  await writeCsv(space.dir, 'X/a.csv', `${BARS}1500000000000,1,1,1,1,1\n`);
  await writeCsv(space.dir, 'X/b.csv', 'timestamp_ms,price,size\n1500000000000,1,1\n');
  await expect(collect({}, fakeContext(space.dir, 'X', source))).rejects.toThrow(/mix bars and trades/);
});

test.each(['../secret', '/etc/passwd', 'csv/../../secret', '..', '.'])(
  '%s reads no file outside the folder',
  async (symbol) => {
    await using space = workspace();
    await mkdir(join(space.dir, 'csv'));
    await writeFile(join(space.dir, 'secret.csv'), `${BARS}1500000000000,1,1,1,1,1\n`);
    await expect(collect({}, fakeContext(space.dir, symbol, source))).rejects.toThrow(
      /No source has the symbol/,
    );
  },
);

test('a symbol with a slash is found under its percent-encoded name', async () => {
  await using space = workspace();
  await writeCsv(space.dir, 'BTC%2FUSD.csv', `${BARS}1500000000000,1,1,1,1,1\n`);
  expect((await collect({}, fakeContext(space.dir, 'BTC/USD', source))).rows).toBe(1);
});

test('daysBack counts from the newest row of the source, whatever the order of the file', async () => {
  await using space = workspace();
  const day = (date: number): string => `2024-01-${String(date).padStart(2, '0')},1,1,1,1,1`;
  await writeCsv(
    space.dir,
    'X.csv',
    `${BARS}${[day(10), day(1), 'soon,1,1,1,1,1', day(9), day(7), day(8)].join('\n')}\n`,
  );
  const collected = await collect({}, fakeContext(space.dir, 'X', { ...source, daysBack: 3 }));
  const rows = await rawRows(space.dir, collected);
  expect(rows.map((row) => row[2])).toEqual(['2024-01-10', 'soon', '2024-01-09', '2024-01-08']);
  expect(collected.notes).toEqual(['Only the last 3 days of the source.']);
});

test.each([
  [{ fast: 50, slow: 50 }, /fast \(50\) and slow \(50\)/],
  [{ intervals: ['1d', '2d'] }, /param intervals: "2d" is not one of 1m, /],
  [{ intervals: [] }, /param intervals: empty/],
  [{ daysBack: -1 }, /param daysBack is -1/],
  [{ fast: 2.5 }, /param fast is 2.5; it must be a whole number/],
  [{ capital: 'much' }, /param capital is "much"/],
  [{ dataDir: '' }, /param dataDir is ""/],
])('params %j are refused before any work', async (params, message) => {
  await using space = workspace();
  await expect(collect({}, fakeContext(space.dir, 'SP500', params as never))).rejects.toMatchObject({
    name: 'FatalError',
    message: expect.stringMatching(message),
  });
});
