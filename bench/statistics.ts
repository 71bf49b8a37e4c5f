function sorted(values: readonly number[]): number[] {
  if (values.length === 0) throw new Error('there is nothing to summarise');
  return [...values].sort((a, b) => a - b);
}

/** The smallest value that at least the given share of the values do not exceed. */
export function quantile(values: readonly number[], share: number): number {
  const ordered = sorted(values);
  const index = Math.ceil(share * ordered.length) - 1;
  return ordered[Math.min(ordered.length - 1, Math.max(0, index))] as number;
}

/**
 * Between which of the values the median of what they are drawn from lies with a confidence of 95 %: by the
 * normal approximation of the binomial distribution; all of them where they are too few for it.
 */
export function medianRange(values: readonly number[]): { readonly low: number; readonly high: number } {
  const ordered = sorted(values);
  const last = ordered.length - 1;
  const half = 0.98 * Math.sqrt(ordered.length);
  const low = Math.max(0, Math.floor(ordered.length / 2 - half) - 1);
  const high = Math.min(last, Math.ceil(ordered.length / 2 + half));
  return { low: ordered[low] as number, high: ordered[high] as number };
}

export function median(values: readonly number[]): number {
  const ordered = sorted(values);
  const middle = ordered.length >> 1;
  const upper = ordered[middle] as number;
  return ordered.length % 2 === 1 ? upper : ((ordered[middle - 1] as number) + upper) / 2;
}
