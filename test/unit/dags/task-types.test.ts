import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { backtest } from '../../../dags/backtest/run.ts';
import { pathBelow, runFile } from '../../../dags/custom_code/run.ts';
import { run as largestMove } from '../../../dags/custom_code/scripts/largest_move.ts';
import { importCsv } from '../../../dags/data_import/import.ts';
import { preprocess } from '../../../dags/data_preprocessing/features.ts';
import { momentum } from '../../../dags/factor_backtest/momentum.ts';
import { search } from '../../../dags/optimization/search.ts';
import { fakeContext, workspace } from './pipeline/fake-context.ts';

const COSTS = { feeBps: 10, slippageBps: 5, capital: 10_000 };

test('backtest: the cross on recorded prices, and no average that is too long', async () => {
  await using place = workspace();
  const ctx = fakeContext(place.dir, 'x', { symbol: 'SP500', fast: 20, slow: 50, ...COSTS });
  expect(await backtest({}, ctx)).toMatchObject({
    symbol: 'SP500',
    performance: { trades: expect.any(Number), sharpe: expect.any(Number) },
  });
  expect(ctx.told.metrics.has('totalReturn')).toBe(true);
  const wrong = fakeContext(place.dir, 'x', { symbol: 'SP500', fast: 50, slow: 20, ...COSTS });
  await expect(backtest({}, wrong)).rejects.toThrow('fast (50) must be shorter than slow (20)');
});

test('optimization: every pair of a shorter and a longer average, the best first', async () => {
  await using place = workspace();
  const params = { symbol: 'SP500', fast: [5, 60], slow: [50, 100], by: 'totalReturn', ...COSTS };
  const found = (await search({}, fakeContext(place.dir, 'x', params))) as {
    best: object;
    ranking: { fast: number; slow: number; totalReturn: number }[];
  };
  expect(found.ranking.map(({ fast, slow }) => `${fast}/${slow}`).toSorted()).toEqual([
    '5/100',
    '5/50',
    '60/100',
  ]);
  expect(found.best).toEqual(found.ranking[0]);
  const returns = found.ranking.map(({ totalReturn }) => totalReturn);
  expect(returns).toEqual(returns.toSorted((a, b) => b - a));
});

test('data_import: a CSV file becomes partitioned Parquet', async () => {
  await using place = workspace();
  mkdirSync(join(place.dir, 'csv'));
  const row = (year: number) => `${year}-01-02,1,2,1,2,10`;
  const text = ['timestamp,open,high,low,close,volume', row(2020), row(2021), row(2021)].join('\n');
  writeFileSync(join(place.dir, 'csv/MINE.csv'), `${text}\n`);
  const ctx = fakeContext(place.dir, 'other', { symbol: 'MINE' });
  expect(await importCsv({}, ctx)).toMatchObject({ symbol: 'MINE', rows: 2, removed: 1, partitions: 2 });
});

test('data_preprocessing: returns and scores as Parquet', async () => {
  await using place = workspace();
  const dataDir = join(place.dir, 'features');
  const params = { symbol: 'IBM', window: 12, clipAt: 2, dataDir };
  const made = await preprocess({}, fakeContext(place.dir, 'x', params));
  expect(made).toMatchObject({ symbol: 'IBM', written: 1, rows: expect.any(Number) });
  expect(await preprocess({}, fakeContext(place.dir, 'x', params))).toMatchObject({ written: 0 });
});

test('factor_backtest: the symbols that grew most, month by month', async () => {
  await using place = workspace();
  const params = { symbols: ['SP500', 'MSFT', 'AMZN', 'IBM'], lookback: 6, hold: 2 };
  expect(await momentum({}, fakeContext(place.dir, 'x', params))).toMatchObject({
    months: expect.any(Number),
    strategy: { totalReturn: expect.any(Number) },
    alike: { maxDrawdown: expect.any(Number) },
  });
  const many = { ...params, hold: 5 };
  await expect(momentum({}, fakeContext(place.dir, 'x', many))).rejects.toThrow(
    'more than there are symbols',
  );
});

test('custom_code: a file of the project, and nothing outside of its folder', async () => {
  await using place = workspace();
  const ctx = fakeContext(place.dir, 'x', { file: 'mine.mjs', args: { a: 2 } });
  expect(await largestMove({ symbol: 'AAPL' }, ctx)).toMatchObject({ symbol: 'AAPL' });
  const folder = join(place.dir, 'dags/custom_code/scripts');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'mine.mjs'), 'export const run = ({ a }) => a + 1;');
  expect(await runFile({}, { ...ctx, projectDir: place.dir })).toBe(3);
  writeFileSync(join(place.dir, 'secret.ts'), 'export const run = () => 1;');
  mkdirSync(join(place.dir, 'scripts'));
  symlinkSync(join(place.dir, 'secret.ts'), join(place.dir, 'scripts/link.ts'));
  for (const file of ['link.ts', '../secret.ts', 'none.ts'])
    await expect(pathBelow(join(place.dir, 'scripts'), file)).rejects.toThrow('There is no file');
});
