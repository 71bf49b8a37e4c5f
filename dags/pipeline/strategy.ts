import type { Candle } from './market.ts';

export type CrossOptions = {
  /** Candles in the fast and in the slow average; `fast < slow`. */
  readonly fast: number;
  readonly slow: number;
  /** Share of the traded value that each order costs. */
  readonly fee: number;
  /** Share by which a fill is worse than the open. */
  readonly slippage: number;
  readonly capital: number;
};

/**
 * A purchase and its sale. `exitAt` is `null` while it is open; `pnl` is after costs, an open one at the
 * last close.
 */
export type RoundTrip = {
  readonly entryAt: number;
  readonly entryPrice: number;
  readonly exitAt: number | null;
  readonly exitPrice: number;
  readonly units: number;
  readonly pnl: number;
  readonly change: number;
  /** Candles at whose close it was held. */
  readonly held: number;
};

/** The state of the account at the close of one candle. */
export type EquityPoint = {
  readonly at: number;
  readonly equity: number;
  /** The same capital put into the asset at the open of the second candle, with the same costs. */
  readonly benchmark: number;
  readonly invested: boolean;
};

export type CrossResult = { readonly trades: readonly RoundTrip[]; readonly equity: readonly EquityPoint[] };

/**
 * Two averages that differ by less than this share are equal; sums of the same price differ in the last
 * digits.
 */
const EQUAL_SHARE = 1e-12;

/**
 * Moving-average cross, long only, all in or all out. The decision at the close of a candle uses closes up
 * to that one; the order fills at the open of the next candle, so nothing is known before it happened.
 */
export function runCross(candles: readonly Candle[], options: CrossOptions): CrossResult {
  const { fee, slippage, capital } = options;
  const wanted = signals(candles, options);
  const trades: RoundTrip[] = [];
  const equity: EquityPoint[] = [];
  let cash = capital;
  let open: Position | null = null;
  let benchmarkUnits = 0;
  for (const [i, candle] of candles.entries()) {
    const want = i > 0 && wanted[i - 1] === true;
    if (want && open === null) {
      const price = candle.open * (1 + slippage);
      open = { at: candle.at, price, units: cash / (price * (1 + fee)), paid: cash, held: 0 };
      cash = 0;
    } else if (!want && open !== null) {
      const price = candle.open * (1 - slippage);
      cash = open.units * price * (1 - fee);
      trades.push(roundTrip(open, candle.at, price, cash));
      open = null;
    }
    if (i === 1) benchmarkUnits = capital / (candle.open * (1 + slippage) * (1 + fee));
    if (open !== null) open.held += 1;
    equity.push({
      at: candle.at,
      equity: open === null ? cash : open.units * candle.close,
      benchmark: i === 0 ? capital : benchmarkUnits * candle.close,
      invested: open !== null,
    });
  }
  const last = candles.at(-1);
  if (open !== null && last) trades.push(roundTrip(open, null, last.close, open.units * last.close));
  return { trades, equity };
}

type Position = { at: number; price: number; units: number; paid: number; held: number };

function roundTrip(open: Position, exitAt: number | null, exitPrice: number, received: number): RoundTrip {
  const { at, price, units, paid, held } = open;
  const pnl = received - paid;
  return { entryAt: at, entryPrice: price, exitAt, exitPrice, units, pnl, change: pnl / paid, held };
}

/** Per candle, whether its close asks for a position: `false` until the slow average exists. */
function signals(candles: readonly Candle[], { fast, slow }: CrossOptions): boolean[] {
  const closes = candles.map((candle) => candle.close);
  const [fasts, slows] = [movingAverage(closes, fast), movingAverage(closes, slow)];
  return slows.map((average, i) => average !== null && (fasts[i] as number) > average * (1 + EQUAL_SHARE));
}

/** The average of the last `length` values at each position, `null` before there are that many. */
export function movingAverage(values: readonly number[], length: number): (number | null)[] {
  return values.map((_, i) => {
    if (i + 1 < length) return null;
    let sum = 0;
    for (let k = i + 1 - length; k <= i; k++) sum += values[k] as number;
    return sum / length;
  });
}
