import { setImmediate as nextTurn } from 'node:timers/promises';
import { FatalError, type Json, type TaskContext } from 'orch';
import { type CrossParams, crossed } from '../backtest/run.ts';
import type { Performance } from '../pipeline/performance.ts';
import { recordedCandles } from '../pipeline/recorded-candles.ts';

/** The params of the type `optimization`. */
interface SearchParams extends CrossParams {
  readonly symbol: string;
  readonly fast: readonly number[];
  readonly slow: readonly number[];
  readonly by: 'sharpe' | 'totalReturn' | 'cagr';
}

/** A pair of averages and how it does. */
interface Tried extends Pick<Performance, 'sharpe' | 'totalReturn' | 'cagr' | 'maxDrawdown' | 'trades'> {
  readonly fast: number;
  readonly slow: number;
}

/** Ranks every pair of a shorter and a longer average, the best first; after a pause or crash it goes on. */
export async function search(_inputs: unknown, ctx: TaskContext): Promise<object> {
  const { symbol, fast, slow, by, ...costs } = ctx.params as unknown as SearchParams;
  const pairs = fast.flatMap((one) =>
    slow.filter((other) => one < other).map((other) => [one, other] as const),
  );
  if (pairs.length === 0) throw new FatalError('No fast average is shorter than a slow one.');
  const candles = await recordedCandles(symbol, ctx);
  const tried = [...((ctx.lastCheckpoint ?? []) as unknown as readonly Tried[])];
  for (const [one, other] of pairs.slice(tried.length)) {
    ctx.progress(tried.length, pairs.length, `${one}/${other}`);
    const { sharpe, totalReturn, cagr, maxDrawdown, trades } = crossed(
      candles,
      { fast: one, slow: other },
      costs,
    );
    tried.push({ fast: one, slow: other, sharpe, totalReturn, cagr, maxDrawdown, trades });
    ctx.checkpoint(tried as unknown as Json);
    // The process hears that it is to stop in between.
    await nextTurn();
    if (ctx.shouldStop()) throw ctx.signal.reason;
  }
  const worth = (one: Tried): number => one[by] ?? Number.NEGATIVE_INFINITY;
  const ranking = tried.toSorted((a, b) => worth(b) - worth(a));
  return { symbol, by, best: ranking[0] as Tried, ranking };
}
