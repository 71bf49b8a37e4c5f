import { FatalError, type TaskContext } from 'orch';
import { BAR_RULES, cleanRows } from './clean-rows.ts';
import type { Candle } from './market.ts';
import { RECORDED_SYMBOLS, readRecorded } from './recorded-source.ts';

/** The recorded bars of a symbol, cleaned and in order, each as a candle of its own. */
export async function recordedCandles(symbol: string, ctx: TaskContext): Promise<Candle[]> {
  const found = await readRecorded(symbol, ctx);
  if (found === null)
    throw new FatalError(`There is no recording of ${symbol}; there are ${RECORDED_SYMBOLS.join(', ')}.`);
  return cleanRows(found.rows, BAR_RULES).rows.map((bar) => ({ ...bar, rows: 1 }));
}
