/** Up to {@link EXAMPLES_MAX} of the rows that a count speaks of, so that somebody can look. */
export type Finding = { readonly count: number; readonly examples: readonly string[] };

/** A stretch without rows where rows were due. Instants in epoch ms. */
export type Gap = { readonly after: number; readonly before: number; readonly missing: number };

/** A move far outside what is usual around it. Flagged, not removed. */
export type Outlier = {
  readonly at: number;
  /** Relative change of the price. */
  readonly change: number;
  /** How many times the usual move of its neighbourhood (MAD, scaled to a standard deviation). */
  readonly times: number;
  /** Whether the next move took most of it back, as a bad tick does. */
  readonly reverted: boolean;
};

/** What clean found in the rows of one symbol, and what it did about it. */
export type Quality = {
  readonly rowsIn: number;
  readonly rowsOut: number;
  /** Nominal length of a bar in ms; `null` for trades or a single bar. */
  readonly stepMs: number | null;
  readonly firstAt: number;
  readonly lastAt: number;
  /** Removed: a number or time could not be read. */
  readonly unreadable: Finding;
  /** Removed: prices that cannot be (not positive, high below low, negative volume). */
  readonly impossible: Finding;
  /** Sorted: rows that stood before an earlier one. */
  readonly outOfOrder: number;
  /** Removed: the same row again. */
  readonly duplicates: Finding;
  /** The last one kept: rows of the same time with other values. */
  readonly conflicts: Finding;
  /** Kept as they are: nothing is filled in. */
  readonly gaps: { readonly count: number; readonly missing: number; readonly longest: readonly Gap[] };
  /** Single trading days without a bar, as holidays are. */
  readonly closedDays: number;
  /** Flagged, kept. */
  readonly outliers: { readonly count: number; readonly largest: readonly Outlier[] };
  readonly notes: readonly string[];
};

export const EXAMPLES_MAX = 20;

/** Counts rows and keeps the first few as examples. */
export class FindingCounter {
  private count = 0;
  private readonly examples: string[] = [];

  add(example: string): void {
    this.count += 1;
    if (this.examples.length < EXAMPLES_MAX) this.examples.push(example.slice(0, 200));
  }

  get total(): number {
    return this.count;
  }

  finding(): Finding {
    return { count: this.count, examples: this.examples };
  }
}
