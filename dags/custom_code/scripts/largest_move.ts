import type { TaskContext } from 'orch';
import { recordedCandles } from '../../pipeline/recorded-candles.ts';

/** The bar of a symbol whose close is furthest from the one before. */
export async function run(
  { symbol = 'SP500' }: { readonly symbol?: string },
  ctx: TaskContext,
): Promise<object> {
  const candles = await recordedCandles(symbol, ctx);
  const moves = candles
    .slice(1)
    .map(({ at, close }, i) => ({ at, change: close / (candles[i]?.close ?? close) - 1 }));
  const [largest] = moves.toSorted((a, b) => Math.abs(b.change) - Math.abs(a.change));
  return { symbol, ...largest };
}
