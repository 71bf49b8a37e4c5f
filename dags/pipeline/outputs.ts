import type { DatasetRef } from './dataset.ts';
import type { IntervalName } from './intervals.ts';
import type { DataKind } from './market.ts';
import type { Performance } from './performance.ts';
import type { Quality } from './quality.ts';

/** Where the bytes came from. `licence` is `null` where the source does not state one. */
export type Provenance = {
  readonly source: 'recorded' | 'csv';
  /** `vega-datasets@3.2.1` or the folder of CSV files, relative to the project. */
  readonly origin: string;
  readonly file: string;
  readonly licence: string | null;
  readonly sha256: string;
  readonly bytes: number;
  readonly rows: number;
};

export type Collected = {
  readonly symbol: string;
  readonly kind: DataKind;
  readonly provenance: readonly Provenance[];
  /** What a reader of the results must know about this source. */
  readonly notes: readonly string[];
  readonly rows: number;
  readonly raw: DatasetRef;
};

export type Cleaned = {
  readonly symbol: string;
  readonly kind: DataKind;
  readonly quality: Quality;
  readonly data: DatasetRef;
};

export type Stored = {
  readonly symbol: string;
  readonly kind: DataKind;
  /** Nominal length of a bar in ms; `null` for trades and for a single bar. */
  readonly stepMs: number | null;
  readonly rows: number;
  readonly partitions: number;
  /** Partitions that were written now; the others were already there with the same rows. */
  readonly written: number;
  readonly data: DatasetRef;
};

export type Klines = {
  readonly symbol: string;
  /** Finest first. */
  readonly intervals: readonly { readonly interval: IntervalName; readonly candles: number }[];
  readonly leftOut: readonly { readonly interval: IntervalName; readonly because: string }[];
  readonly data: DatasetRef;
};

/** `[at, strategy, buy and hold]`, both 100 at the start. */
export type CurvePoint = readonly [number, number, number];

export type Backtested = {
  readonly symbol: string;
  readonly interval: IntervalName;
  readonly strategy: { readonly fast: number; readonly slow: number };
  readonly costs: { readonly feeBps: number; readonly slippageBps: number };
  readonly performance: Performance;
  /** The account in few points, for small drawings; `data` has every close. */
  readonly curve: readonly CurvePoint[];
  /** Those of the source: what a reader of these numbers must know. */
  readonly notes: readonly string[];
  readonly data: DatasetRef;
};

export type Visualized = {
  readonly symbol: string;
  /** File name in the report folder. */
  readonly report: string;
};

/** A symbol without a backtest. */
export type BrokenSymbol = {
  readonly symbol: string;
  readonly why: string;
};

export type Compared = {
  readonly report: string;
  /** Best first. */
  readonly ranking: readonly { readonly symbol: string; readonly sharpe: number | null }[];
  /** Symbols without a backtest, in the order of the keys. */
  readonly broken: readonly string[];
};
