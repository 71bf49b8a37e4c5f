import { FatalError, type TaskContext } from 'orch';
import { bucketStart } from '../pipeline/intervals.ts';
import { drawdowns } from '../pipeline/performance.ts';
import { recordedCandles } from '../pipeline/recorded-candles.ts';

/** The last close of each month of a symbol. */
type Closes = ReadonlyMap<number, number>;

/** Ranks symbols each month by their growth so far and holds the first ones for the month that follows. */
export async function momentum(_inputs: unknown, ctx: TaskContext): Promise<object> {
  const { symbols, lookback, hold } = ctx.params as unknown as {
    readonly symbols: readonly string[];
    readonly lookback: number;
    readonly hold: number;
  };
  if (hold > symbols.length) throw new FatalError(`hold (${hold}) is more than there are symbols.`);
  const closes: Closes[] = [];
  for (const symbol of symbols) {
    ctx.progress(closes.length, symbols.length, symbol);
    closes.push(
      new Map((await recordedCandles(symbol, ctx)).map(({ at, close }) => [bucketStart(at, '1mo'), close])),
    );
  }
  const months = [...(closes[0] as Closes).keys()].filter((at) => closes.every((one) => one.has(at)));
  if (months.length < lookback + 2)
    throw new FatalError(`The symbols have ${months.length} months in common; ${lookback + 2} are needed.`);
  return { symbols, ...played(closes, months, lookback, hold) };
}

/** The account of the strategy and that of all symbols alike, both 1 at the start. */
export function played(closes: readonly Closes[], months: readonly number[], lookback: number, hold: number) {
  const growth = (one: Closes, from: number, to: number): number =>
    (one.get(months[to] as number) as number) / (one.get(months[from] as number) as number);
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, one) => sum + one, 0) / values.length;
  const own = [1];
  const alike = [1];
  for (let now = lookback; now + 1 < months.length; now++) {
    const next = closes.map((one) => growth(one, now, now + 1));
    const ranks = closes.map((one, at) => ({ at, grew: growth(one, now - lookback, now) }));
    const held = ranks.toSorted((a, b) => b.grew - a.grew).slice(0, hold);
    own.push((own.at(-1) as number) * mean(held.map(({ at }) => next[at] as number)));
    alike.push((alike.at(-1) as number) * mean(next));
  }
  const summed = (account: readonly number[]) => ({
    totalReturn: (account.at(-1) as number) - 1,
    maxDrawdown: Math.max(...drawdowns(account)),
  });
  return { months: own.length - 1, strategy: summed(own), alike: summed(alike) };
}
