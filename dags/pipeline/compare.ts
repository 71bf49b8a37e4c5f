import { join } from 'node:path';
import { FatalError, type Settled, type TaskContext } from 'orch';
import { comparePage } from './compare-page.ts';
import { replaceFile } from './dataset.ts';
import type { Compared, Visualized } from './outputs.ts';
import { readParams } from './params.ts';

/** Symbols that the error names; the page names all. */
const NAMES_MAX = 10;

/** The results of the fan-out; nothing when the fan-out itself could not be expanded. */
type Inputs = { readonly results?: readonly Settled<Visualized>[] | undefined };

/**
 * What a symbol that should have a report and has none ended with; one outside the scope of the run is not
 * broken.
 */
const BROKEN = new Set(['failed', 'upstream_failed', 'cancelled']);

/**
 * Writes one page over all symbols, best Sharpe ratio first; symbols that broke are listed with their
 * failure. Throws `FatalError` after that if any broke: a comparison that lacks symbols must not make the
 * run look complete.
 */
export async function compare({ results = [] }: Inputs, ctx: TaskContext): Promise<Compared> {
  const { reportDir } = readParams(ctx);
  const ranked = results
    .flatMap((result) => (result.state === 'success' ? [result.value] : []))
    .sort(bySharpe);
  const broken = results.flatMap((result) =>
    result.state !== 'success' && BROKEN.has(result.state)
      ? [{ symbol: result.key, state: result.state, error: result.error ?? null }]
      : [],
  );
  const page = comparePage({ ranked, broken, runId: ctx.run.id });
  const report = 'index.html';
  await replaceFile(join(reportDir, report), page, ctx.attemptId);
  await ctx.artifact('comparison.html', page, 'text/html');
  ctx.metric('symbols', ranked.length);
  ctx.metric('broken', broken.length);
  ctx.log.info(`wrote ${join(reportDir, report)}: ${ranked.length} symbols, ${broken.length} broken`);
  if (broken.length > 0) {
    const names = broken.slice(0, NAMES_MAX).map(({ symbol }) => symbol);
    const more = broken.length > names.length ? ` and ${broken.length - names.length} more` : '';
    throw new FatalError(
      `${broken.length} of ${results.length} symbols have no report: ${names.join(', ')}${more}. ` +
        `${report} compares the others.`,
    );
  }
  return { report, ranking: ranked.map(({ symbol, performance: p }) => ({ symbol, sharpe: p.sharpe })) };
}

function bySharpe(a: Visualized, b: Visualized): number {
  const [left, right] = [a.performance.sharpe, b.performance.sharpe].map(
    (sharpe) => sharpe ?? Number.NEGATIVE_INFINITY,
  );
  if (left === right) return a.symbol < b.symbol ? -1 : 1;
  return (right as number) - (left as number);
}
