import type { AuthorSchedule } from './author-form.ts';
import type { Duration } from './builder-types.ts';

/**
 * A schedule by cron fields: five, or six with seconds first.
 * @param options.tz IANA zone in which the fields are read; that of the DAG by default.
 * @param options.interval A run covers the time between the previous tick and its own.
 */
export function cron(expression: string, options: { tz?: string; interval?: boolean } = {}): AuthorSchedule {
  return { cron: expression, ...options };
}

/** A schedule by elapsed time. */
export function every(duration: Duration): AuthorSchedule {
  return { every: duration };
}

/**
 * A schedule by events of assets: a run when every one of `all` has an event since the last such run, or when
 * one of `any` has.
 */
export function onAssets(
  which: { readonly all: readonly string[] } | { readonly any: readonly string[] },
): AuthorSchedule {
  return { assets: which };
}

/**
 * A schedule by files: a run for each one that is new or changed.
 * @param file Relative to the project; `*` and `?` may stand in the name of the file.
 * @param options.settle For how long a file must stand still before it counts; 2 s by default.
 */
export function onFile(file: string, options: { settle?: Duration } = {}): AuthorSchedule {
  return { file, ...options };
}

/** The URI of an asset, for `produces` and `onAssets`. */
export function asset(uri: string): string {
  return uri;
}

/** A schedule of single instants, RFC 3339. */
export function at(first: string, ...further: readonly string[]): AuthorSchedule {
  return { at: further.length === 0 ? first : [first, ...further] };
}
