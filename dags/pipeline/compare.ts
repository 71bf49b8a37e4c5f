import { join } from 'node:path';
import type { Settled, TaskContext } from 'orch';
import { comparePage } from './compare-page.ts';
import { replaceFile } from './dataset.ts';
import type { Compared, Visualized } from './outputs.ts';
import { readParams } from './params.ts';

/** The results of the fan-out; nothing when the fan-out itself could not be expanded. */
type Inputs = { readonly results?: readonly Settled<Visualized>[] | undefined };

/**
 * Writes one page over all symbols, best Sharpe ratio first; symbols that broke are listed with their
 * failure.
 */
export async function compare({ results = [] }: Inputs, ctx: TaskContext): Promise<Compared> {
  const { reportDir } = readParams(ctx);
  const ranked = results
    .flatMap((result) => (result.state === 'success' ? [result.value] : []))
    .sort(bySharpe);
  const broken = results.flatMap((result) =>
    result.state === 'success'
      ? []
      : [{ symbol: result.key, state: result.state, error: result.error ?? null }],
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
    broken,
  };
}

function bySharpe(a: Visualized, b: Visualized): number {
  const [left, right] = [a.performance.sharpe, b.performance.sharpe].map(
    (sharpe) => sharpe ?? Number.NEGATIVE_INFINITY,
  );
  if (left === right) return a.symbol < b.symbol ? -1 : 1;
  return (right as number) - (left as number);
}
