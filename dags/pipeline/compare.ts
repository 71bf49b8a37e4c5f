import { join } from 'node:path';
import type { Settled, TaskContext } from 'orch';
import { comparePage } from './compare-page.ts';
import { replaceFile } from './dataset.ts';
import type { Backtested, Compared } from './outputs.ts';
import { readParams } from './params.ts';

/** The backtests of the fan-out; nothing when the fan-out itself could not be expanded. */
type Inputs = { readonly results?: readonly Settled<Backtested>[] | undefined };

/**
 * What a symbol that should have a backtest and has none ended with; one outside the scope of the run is
 * not broken.
 */
const BROKEN = new Set(['failed', 'upstream_failed', 'cancelled']);

/**
 * Writes one page over all symbols, best Sharpe ratio first; symbols without a backtest are listed with
 * what went wrong. That is no failure of the comparison: the report of such a symbol, a leaf, fails the
 * run. The page links to reports by their names, for they may still be in the making.
 */
export async function compare({ results = [] }: Inputs, ctx: TaskContext): Promise<Compared> {
  const { reportDir } = readParams(ctx);
  const ranked = results
    .flatMap((result) => (result.state === 'success' ? [result.value] : []))
    .sort(bySharpe);
  const broken = results.flatMap((result) =>
    result.state !== 'success' && BROKEN.has(result.state)
      ? [{ symbol: result.key, why: result.error ?? 'cancelled before its backtest was done' }]
      : [],
  );
  const page = comparePage({ ranked, broken, runId: ctx.run.id });
  const report = 'index.html';
  await replaceFile(join(reportDir, report), page, ctx.attemptId);
  await ctx.artifact('comparison.html', page, 'text/html');
  ctx.metric('symbols', ranked.length);
  ctx.metric('broken', broken.length);
  ctx.log.info(`wrote ${join(reportDir, report)}: ${ranked.length} symbols, ${broken.length} broken`);
  return {
    report,
    ranking: ranked.map(({ symbol, performance: p }) => ({ symbol, sharpe: p.sharpe })),
    broken: broken.map(({ symbol }) => symbol),
  };
}

function bySharpe(a: Backtested, b: Backtested): number {
  const [left, right] = [a.performance.sharpe, b.performance.sharpe].map(
    (sharpe) => sharpe ?? Number.NEGATIVE_INFINITY,
  );
  if (left === right) return a.symbol < b.symbol ? -1 : 1;
  return (right as number) - (left as number);
}
