/** What a symbol's rows are: prices over a period, or single trades. */
export type DataKind = 'bars' | 'trades';

/**
 * One bar as its source gives it; `at` is the start of the period, `volume` is `null` where the source has
 * none.
 */
export type Bar = {
  readonly at: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number | null;
};

/** One trade; `side` is the taker's. */
export type Trade = {
  readonly at: number;
  readonly price: number;
  readonly size: number;
  readonly side: string | null;
  readonly tradeId: string | null;
};

/** A bar made by the kline stage; `rows` is how many rows of the source are in it. */
export type Candle = Bar & { readonly rows: number };

/**
 * A row as it stands in its source, before anybody judged it: where it is, and the text of each field in
 * the order of {@link RAW_FIELDS}.
 */
export type RawRow = {
  readonly file: string;
  readonly line: number;
  readonly fields: readonly (string | null)[];
};

/** The fields of a raw row by kind. */
export const RAW_FIELDS = {
  bars: ['timestamp', 'open', 'high', 'low', 'close', 'volume'],
  trades: ['timestamp', 'price', 'size', 'side', 'trade_id'],
} as const satisfies Record<DataKind, readonly string[]>;

/**
 * Rows kept in memory for one symbol at once; more is refused with advice instead of an out-of-memory kill.
 */
export const ROWS_MAX = 1_000_000;
