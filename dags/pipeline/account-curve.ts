import type { CurvePoint } from './outputs.ts';
import type { EquityPoint } from './strategy.ts';

/** Enough for a small drawing, few enough for an output. */
const POINTS_MAX = 120;

/** The equity and the benchmark as percent of the start, thinned evenly, first and last point kept. */
export function accountCurve(equity: readonly EquityPoint[]): CurvePoint[] {
  const start = (equity[0] as EquityPoint).equity;
  const last = equity.length - 1;
  const count = Math.min(POINTS_MAX, equity.length);
  const percent = (value: number): number => Math.round((value / start) * 1e4) / 100;
  return Array.from({ length: count }, (_, i): CurvePoint => {
    const point = equity[Math.round((i * last) / Math.max(1, count - 1))] as EquityPoint;
    return [point.at, percent(point.equity), percent(point.benchmark)];
  });
}
