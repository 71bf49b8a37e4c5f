import { join } from 'node:path';
import type { TaskContext } from 'orch';
import { readBacktest } from './backtest-data.ts';
import { readCandles } from './candles.ts';
import { replaceFile } from './dataset.ts';
import type { Backtested, Cleaned, Collected, CurvePoint, Klines, Visualized } from './outputs.ts';
import { readParams } from './params.ts';
import { reportPage } from './report-page.ts';
import type { EquityPoint } from './strategy.ts';
import { symbolName } from './symbol-name.ts';

type Inputs = {
  readonly source: Collected;
  readonly cleaned: Cleaned;
  readonly candles: Klines;
  readonly results: Backtested;
};

/** Points of the curve that goes to the comparison. */
const CURVE_POINTS = 120;

/**
 * Writes the report of a symbol: one HTML file with everything in it, in the report folder and with the
 * run.
 */
export async function visualize(inputs: Inputs, ctx: TaskContext): Promise<Visualized> {
  const { source, cleaned, candles: klines, results: backtested } = inputs;
  const { dataDir, reportDir, capital } = readParams(ctx);
  const candles = await readCandles(dataDir, klines, backtested.interval);
  const result = await readBacktest(dataDir, backtested);
  const page = reportPage({
    source,
    cleaned,
    klines,
    backtested,
    candles,
    result,
    capital,
    runId: ctx.run.id,
  });
  const report = reportName(source.symbol);
  await replaceFile(join(reportDir, report), page, ctx.attemptId);
  await ctx.artifact('report.html', page, 'text/html');
  ctx.log.info(`${source.symbol}: wrote ${join(reportDir, report)}`, { bytes: Buffer.byteLength(page) });
  return {
    symbol: source.symbol,
    report,
    interval: backtested.interval,
    performance: backtested.performance,
    notes: source.notes,
    curve: curve(result.equity),
  };
}

/** `index.html` is the comparison; a symbol of that name has its first letter percent-encoded. */
function reportName(symbol: string): string {
  const name = /^index$/i.test(symbol)
    ? `%${symbol.charCodeAt(0).toString(16)}${symbol.slice(1)}`
    : symbolName(symbol);
  return `${name}.html`;
}

/** The equity and the benchmark as percent of the start, thinned evenly, first and last point kept. */
function curve(equity: readonly EquityPoint[]): CurvePoint[] {
  const start = (equity[0] as EquityPoint).equity;
  const last = equity.length - 1;
  const count = Math.min(CURVE_POINTS, equity.length);
  const percent = (value: number): number => Math.round((value / start) * 1e4) / 100;
  return Array.from({ length: count }, (_, i): CurvePoint => {
    const point = equity[Math.round((i * last) / Math.max(1, count - 1))] as EquityPoint;
    return [point.at, percent(point.equity), percent(point.benchmark)];
  });
}
