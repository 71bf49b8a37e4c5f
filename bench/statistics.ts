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

export function median(values: readonly number[]): number {
  const ordered = sorted(values);
  const middle = ordered.length >> 1;
  const upper = ordered[middle] as number;
  return ordered.length % 2 === 1 ? upper : ((ordered[middle - 1] as number) + upper) / 2;
}
