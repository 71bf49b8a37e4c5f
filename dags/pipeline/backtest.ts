import { FatalError, type TaskContext } from 'orch';
import { accountCurve } from './account-curve.ts';
import { readCandles } from './candles.ts';
import { contentHash, type DatasetPart, publishDataset } from './dataset.ts';
import { type Cell, fillTable, withDuckDb, writeParquet } from './duckdb.ts';
import type { Backtested, Collected, Klines } from './outputs.ts';
import { type PipelineParams, readParams } from './params.ts';
import { performance } from './performance.ts';
import { type CrossResult, type RoundTrip, runCross } from './strategy.ts';
import { csvText } from './trades-csv.ts';

/** `source` tells what a reader of the results must know. */
type Inputs = { readonly source: Collected; readonly candles: Klines };

const BPS = 1e-4;
const EQUITY_COLUMNS = 'timestamp_ms BIGINT, equity DOUBLE, benchmark DOUBLE, invested DOUBLE';
const TRADE_COLUMNS =
  'entry_ms BIGINT, entry_price DOUBLE, exit_ms BIGINT, exit_price DOUBLE, units DOUBLE, pnl DOUBLE, ' +
  'change DOUBLE, held BIGINT';

/**
 * Runs the moving-average cross on the finest interval there is, with fees and slippage. Throws
 * `FatalError` when there are too few candles for the slow average.
 */
export async function backtest({ source, candles: klines }: Inputs, ctx: TaskContext): Promise<Backtested> {
  const params = readParams(ctx);
  const { symbol } = klines;
  const finest = klines.intervals[0];
  if (finest === undefined) throw new FatalError(`${symbol} has no candles.`);
  const { interval } = finest;
  const needed = params.slow + 2;
  if (finest.candles < needed) {
    throw new FatalError(
      `${symbol} has ${finest.candles} candles of ${interval}; a slow average of ${params.slow} needs ` +
        `at least ${needed}. Lower slow, or take more data.`,
    );
  }
  const candles = await readCandles(params.dataDir, klines, interval);
  const result = runCross(candles, {
    fast: params.fast,
    slow: params.slow,
    fee: params.feeBps * BPS,
    slippage: params.slippageBps * BPS,
    capital: params.capital,
  });
  const numbers = performance(result, params.capital);
  const { ref } = await keep(result, symbol, params, ctx.attemptId);
  for (const name of ['totalReturn', 'cagr', 'sharpe', 'maxDrawdown', 'trades', 'benchmarkReturn'] as const) {
    const value = numbers[name];
    if (value !== null) ctx.metric(name, value);
  }
  if (numbers.sharpe === null)
    ctx.log.warn(`${symbol}: no Sharpe ratio: less than 30 days, or no position at all.`);
  await ctx.artifact('trades.csv', csvText(result.trades), 'text/csv');
  return {
    symbol,
    interval,
    strategy: { fast: params.fast, slow: params.slow },
    costs: { feeBps: params.feeBps, slippageBps: params.slippageBps },
    performance: numbers,
    curve: accountCurve(result.equity),
    notes: source.notes,
    data: ref,
  };
}

function keep(
  { equity, trades }: CrossResult,
  symbol: string,
  { dataDir }: PipelineParams,
  writer: string,
): ReturnType<typeof publishDataset> {
  const points = equity.map((p): Cell[] => [BigInt(p.at), p.equity, p.benchmark, p.invested ? 1 : 0]);
  const parts = [
    part('equity', EQUITY_COLUMNS, points),
    part('trades', TRADE_COLUMNS, trades.map(tradeCells)),
  ];
  return publishDataset({ dataDir, area: 'backtests', symbol, writer }, parts);
}

function tradeCells(trade: RoundTrip): Cell[] {
  const exitMs = trade.exitAt === null ? null : BigInt(trade.exitAt);
  const { entryAt, entryPrice, exitPrice, units, pnl, change, held } = trade;
  return [BigInt(entryAt), entryPrice, exitMs, exitPrice, units, pnl, change, BigInt(held)];
}

function part(name: string, columns: string, cells: readonly Cell[][]): DatasetPart {
  const write = (path: string): Promise<void> =>
    withDuckDb(async (db) => {
      await fillTable(db, name, columns, cells);
      await writeParquet(db, `SELECT * FROM ${name}`, path);
    });
  return { folder: `table=${name}`, contentHash: contentHash(columns, cells), rows: cells.length, write };
}
