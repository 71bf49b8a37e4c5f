import { FatalError, type TaskContext } from 'orch';
import type { Candle } from '../pipeline/market.ts';
import { type Performance, performance } from '../pipeline/performance.ts';
import { recordedCandles } from '../pipeline/recorded-candles.ts';
import { type CrossOptions, runCross } from '../pipeline/strategy.ts';

const BPS = 1e-4;

/** What a cross costs and starts with. */
export interface CrossParams {
  readonly feeBps: number;
  readonly slippageBps: number;
  readonly capital: number;
}

/** The params of the type `backtest`. */
export interface BacktestParams extends CrossParams {
  readonly symbol: string;
  readonly fast: number;
  readonly slow: number;
}

/** Runs the cross on the recorded bars of a symbol and gives its headline numbers. */
export async function backtest(_inputs: unknown, ctx: TaskContext): Promise<object> {
  const { symbol, fast, slow, ...costs } = ctx.params as unknown as BacktestParams;
  if (fast >= slow) throw new FatalError(`fast (${fast}) must be shorter than slow (${slow}).`);
  const candles = await recordedCandles(symbol, ctx);
  const numbers = crossed(candles, { fast, slow }, costs);
  ctx.metric('totalReturn', numbers.totalReturn);
  return { symbol, fast, slow, performance: numbers };
}

/** How a cross of two averages does on candles. */
export function crossed(
  candles: readonly Candle[],
  { fast, slow }: Pick<CrossOptions, 'fast' | 'slow'>,
  { feeBps, slippageBps, capital }: CrossParams,
): Performance {
  if (candles.length < slow + 2)
    throw new FatalError(`There are ${candles.length} bars; a slow average of ${slow} needs ${slow + 2}.`);
  const costs = { fee: feeBps * BPS, slippage: slippageBps * BPS, capital };
  return performance(runCross(candles, { fast, slow, ...costs }), capital);
}
