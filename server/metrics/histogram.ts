/** Upper bounds in seconds. They never change: series of before and after would not add up. */
export const BOUNDS = [0.1, 0.5, 1, 5, 15, 60, 300, 900, 3_600, 14_400] as const;

/** How many durations were at most so long. */
export class Histogram {
  /** By bound; those beyond the last one come last. */
  readonly counts = new Array<number>(BOUNDS.length + 1).fill(0);
  seconds = 0;

  add(ms: number): void {
    const seconds = Math.max(0, ms) / 1_000;
    const at = BOUNDS.findIndex((bound) => seconds <= bound);
    const place = at < 0 ? BOUNDS.length : at;
    this.counts[place] = (this.counts[place] as number) + 1;
    this.seconds += seconds;
  }

  get count(): number {
    return this.counts.reduce((sum, count) => sum + count, 0);
  }
}
