import { DAY_MS } from './intervals.ts';
import type { CrossResult, EquityPoint } from './strategy.ts';

/** The headline numbers of a backtest. Shares, not percent; `null` where a number would mean nothing. */
export type Performance = {
  readonly firstAt: number;
  readonly lastAt: number;
  readonly candles: number;
  readonly finalEquity: number;
  readonly totalReturn: number;
  /** Yearly growth; `null` for less than 30 days. */
  readonly cagr: number | null;
  /**
   * Mean over deviation of the returns per candle, by the year, without a risk-free rate; `null` as for
   * `cagr`.
   */
  readonly sharpe: number | null;
  /** Largest fall from a peak, 0 to 1. */
  readonly maxDrawdown: number;
  /** Finished round trips and an open one. */
  readonly trades: number;
  /** Share of the finished round trips with a gain; `null` without any. */
  readonly winRate: number | null;
  /** Share of the candles at whose close a position was held. */
  readonly exposure: number;
  readonly benchmarkReturn: number;
  readonly benchmarkSharpe: number | null;
  readonly benchmarkMaxDrawdown: number;
};

const YEAR_MS = 365.25 * DAY_MS;
/** Numbers by the year that come from less are noise. */
const ANNUALISED_FROM_MS = 30 * DAY_MS;

/** Sums up a backtest that had at least two candles. */
export function performance({ trades, equity }: CrossResult, capital: number): Performance {
  const [first, last] = [equity[0] as EquityPoint, equity.at(-1) as EquityPoint];
  const years = (last.at - first.at) / YEAR_MS;
  const yearly = last.at - first.at >= ANNUALISED_FROM_MS;
  const perYear = (equity.length - 1) / years;
  const own = equity.map((point) => point.equity);
  const benchmark = equity.map((point) => point.benchmark);
  const finished = trades.filter((trade) => trade.exitAt !== null);
  return {
    firstAt: first.at,
    lastAt: last.at,
    candles: equity.length,
    finalEquity: last.equity,
    totalReturn: last.equity / capital - 1,
    cagr: yearly ? (last.equity / capital) ** (1 / years) - 1 : null,
    sharpe: yearly ? sharpe(own, perYear) : null,
    maxDrawdown: largest(drawdowns(own)),
    trades: trades.length,
    winRate:
      finished.length === 0 ? null : finished.filter((trade) => trade.pnl > 0).length / finished.length,
    exposure: equity.filter((point) => point.invested).length / equity.length,
    benchmarkReturn: last.benchmark / capital - 1,
    benchmarkSharpe: yearly ? sharpe(benchmark, perYear) : null,
    benchmarkMaxDrawdown: largest(drawdowns(benchmark)),
  };
}

function sharpe(values: readonly number[], perYear: number): number | null {
  const returns = values.slice(1).map((value, i) => value / (values[i] as number) - 1);
  const mean = returns.reduce((sum, r) => sum + r, 0) / returns.length;
  const variance = returns.reduce((sum, r) => sum + (r - mean) ** 2, 0) / (returns.length - 1);
  const ratio = (mean / Math.sqrt(variance)) * Math.sqrt(perYear);
  return Number.isFinite(ratio) ? ratio : null;
}

/** How far below its highest value so far a series is at each position, as a share of that value. */
export function drawdowns(values: readonly number[]): number[] {
  let peak = Number.NEGATIVE_INFINITY;
  return values.map((value) => {
    peak = Math.max(peak, value);
    return 1 - value / peak;
  });
}

const largest = (values: readonly number[]): number => values.reduce((max, value) => Math.max(max, value), 0);
