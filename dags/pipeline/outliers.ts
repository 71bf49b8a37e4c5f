import { EXAMPLES_MAX, type Outlier } from './quality.ts';

/** Moves that form a neighbourhood: three blocks of this size around the block of a move. */
const BLOCK = 40;
/** Makes the median absolute deviation of a normal distribution its standard deviation. */
const MAD_TO_SIGMA = 1.4826;
/** A move of this many times the usual one is flagged. */
const TIMES_MIN = 8;
/** Moves below this are never flagged: between single trades the usual move is the tick. */
const MOVE_MIN = 0.002;
/** A quiet stretch counts as at least this share of the whole series' usual move. */
const QUIET_FLOOR = 0.3;
/** Part of a move that the next one must take back. */
const REVERTED_SHARE = 0.7;

/**
 * Moves far outside what is usual around them. Robust: the judge is the median, which the outliers do not
 * shift.
 */
export function findOutliers(
  times: readonly number[],
  prices: readonly number[],
): { count: number; largest: Outlier[] } {
  const moves = prices.slice(1).map((price, i) => Math.log(price / (prices[i] as number)));
  const overall = usualMove(moves);
  const found: Outlier[] = [];
  for (let start = 0; start < moves.length; start += BLOCK) {
    const local = usualMove(moves.slice(Math.max(0, start - BLOCK), start + 2 * BLOCK));
    const usual = Math.max(local, overall * QUIET_FLOOR);
    if (usual === 0) continue;
    for (let i = start; i < Math.min(start + BLOCK, moves.length); i++) {
      const move = moves[i] as number;
      const next = moves[i + 1] ?? 0;
      if (Math.abs(move) < Math.max(TIMES_MIN * usual, MOVE_MIN)) continue;
      const reverted =
        Math.sign(next) === -Math.sign(move) && Math.abs(next) >= REVERTED_SHARE * Math.abs(move);
      found.push({
        at: times[i + 1] as number,
        change: Math.expm1(move),
        times: Math.abs(move) / usual,
        reverted,
      });
    }
  }
  const largest = found.toSorted((a, b) => b.times - a.times).slice(0, EXAMPLES_MAX);
  return { count: found.length, largest };
}

/** Median absolute move, scaled like a standard deviation. Moves of zero (no trading) do not count. */
function usualMove(moves: readonly number[]): number {
  const sizes = moves.map(Math.abs).filter((size) => size > 0);
  if (sizes.length < 8) return 0;
  sizes.sort((a, b) => a - b);
  return MAD_TO_SIGMA * (sizes[sizes.length >> 1] as number);
}
