import { quantile } from './quantile.ts';

/** How some lengths of time are spread, in milliseconds. */
export interface Spread {
  readonly avg: number;
  readonly min: number;
  readonly max: number;
  readonly p50: number;
  readonly p95: number;
}

/** The spread of some lengths; `null` of none. */
export function spreadOf(lengths: readonly number[]): Spread | null {
  if (lengths.length === 0) return null;
  return {
    avg: Math.round(lengths.reduce((sum, one) => sum + one, 0) / lengths.length),
    min: lengths.reduce((a, b) => Math.min(a, b)),
    max: lengths.reduce((a, b) => Math.max(a, b)),
    p50: quantile(lengths, 0.5),
    p95: quantile(lengths, 0.95),
  };
}
