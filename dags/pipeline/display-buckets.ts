import { bucketStart, INTERVAL_MS, INTERVAL_NAMES, type IntervalName } from './intervals.ts';
import type { Candle } from './market.ts';
import { drawdowns } from './performance.ts';
import type { CrossResult } from './strategy.ts';

/** One column of every chart of a report: a candle, and where the account stood at its end. */
export type DisplayBucket = {
  readonly at: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number | null;
  readonly equity: number;
  readonly benchmark: number;
  /** The worst of the bucket, so that drawing fewer columns hides no fall. */
  readonly drawdown: number;
  readonly benchmarkDrawdown: number;
  readonly buys: number;
  readonly sells: number;
};

export type Display = { readonly buckets: readonly DisplayBucket[]; readonly per: string };

type Grouping = { readonly per: string; readonly start: (at: number) => number };

const byMonths = (months: number, per: string): Grouping => ({
  per,
  start: (at) => {
    const day = new Date(at);
    const month = day.getUTCFullYear() * 12 + day.getUTCMonth();
    const first = Math.floor(month / months) * months;
    return Date.UTC(Math.floor(first / 12), first % 12, 1);
  },
});
const WORDS: { readonly [interval in IntervalName]: string } = {
  '1m': 'minute',
  '5m': '5 minutes',
  '15m': '15 minutes',
  '1h': 'hour',
  '4h': '4 hours',
  '1d': 'day',
  '1w': 'week',
  '1mo': 'month',
};

/** Folds candles and account into at most `max` columns, each a whole period where one fits. */
export function displayBuckets(
  candles: readonly Candle[],
  result: CrossResult,
  interval: IntervalName,
  max: number,
): Display {
  const groupings = [
    ...INTERVAL_NAMES.filter((name) => INTERVAL_MS[name] >= INTERVAL_MS[interval]).map(
      (name): Grouping => ({ per: WORDS[name], start: (at) => bucketStart(at, name) }),
    ),
    byMonths(3, 'quarter'),
    byMonths(12, 'year'),
  ];
  for (const { per, start } of groupings) {
    const starts = candles.map((candle) => start(candle.at));
    if (new Set(starts).size <= max) return { per, buckets: fold(candles, result, starts) };
  }
  const size = Math.ceil(candles.length / max);
  const starts = candles.map((_, i) => (candles[i - (i % size)] as Candle).at);
  return { per: `${size} candles`, buckets: fold(candles, result, starts) };
}

function fold(
  candles: readonly Candle[],
  { equity, trades }: CrossResult,
  starts: readonly number[],
): DisplayBucket[] {
  const falls = drawdowns(equity.map((point) => point.equity));
  const benchmarkFalls = drawdowns(equity.map((point) => point.benchmark));
  const buys = new Set(trades.map((trade) => trade.entryAt));
  const sells = new Set(trades.map((trade) => trade.exitAt));
  const buckets: DisplayBucket[] = [];
  for (const [i, candle] of candles.entries()) {
    const point = equity[i];
    if (point === undefined) continue;
    const at = starts[i] as number;
    const same = buckets.at(-1)?.at === at ? buckets.pop() : undefined;
    const volume = candle.volume === null ? (same?.volume ?? null) : candle.volume + (same?.volume ?? 0);
    buckets.push({
      at,
      open: same?.open ?? candle.open,
      high: Math.max(same?.high ?? candle.high, candle.high),
      low: Math.min(same?.low ?? candle.low, candle.low),
      close: candle.close,
      volume,
      equity: point.equity,
      benchmark: point.benchmark,
      drawdown: Math.max(same?.drawdown ?? 0, falls[i] as number),
      benchmarkDrawdown: Math.max(same?.benchmarkDrawdown ?? 0, benchmarkFalls[i] as number),
      buys: (same?.buys ?? 0) + (buys.has(candle.at) ? 1 : 0),
      sells: (same?.sells ?? 0) + (sells.has(candle.at) ? 1 : 0),
    });
  }
  return buckets;
}
