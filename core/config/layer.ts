import type { ConfigOrigin } from './config.ts';

/** Where a value stands, and the text of its line if it stands in a file. */
export interface ConfigPlace {
  readonly origin: ConfigOrigin;
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  readonly source?: string;
}

export type ConfigScalar = string | number | boolean | null;

/** A value as written, with its place; maps keep the place of each key. */
export type Written =
  | {
      readonly kind: 'scalar';
      readonly value: ConfigScalar;
      readonly place: ConfigPlace /** Text of the environment: numbers are to be read from it. */;
      readonly text?: true;
    }
  | { readonly kind: 'map'; readonly entries: readonly WrittenEntry[]; readonly place: ConfigPlace }
  | { readonly kind: 'list'; readonly items: readonly Written[]; readonly place: ConfigPlace };

export interface WrittenEntry {
  readonly key: string;
  readonly place: ConfigPlace;
  readonly value: Written;
}

/** A mistake in the config, before it becomes a `Diagnostic`. */
export interface ConfigProblem {
  readonly rule: string;
  readonly message: string;
  readonly place: ConfigPlace;
  readonly hint?: string;
}

/** A checked value of one layer. */
export interface Setting {
  readonly value: string | number | boolean | readonly string[];
  readonly place: ConfigPlace;
}

/** Dotted key → value: what one layer says. */
export type Settings = ReadonlyMap<string, Setting>;
