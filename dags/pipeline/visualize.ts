import { join } from 'node:path';
import type { TaskContext } from 'orch';
import { readBacktest } from './backtest-data.ts';
import { readCandles } from './candles.ts';
import { replaceFile } from './dataset.ts';
import type { Backtested, Cleaned, Collected, Klines, Visualized } from './outputs.ts';
import { readParams } from './params.ts';
import { reportName } from './report-name.ts';
import { reportPage } from './report-page.ts';

type Inputs = {
  readonly source: Collected;
  readonly cleaned: Cleaned;
  readonly candles: Klines;
  readonly results: Backtested;
};

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
  return { symbol: source.symbol, report };
}
