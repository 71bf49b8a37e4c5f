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

/** A schedule of single instants, RFC 3339. */
export function at(first: string, ...further: readonly string[]): AuthorSchedule {
  return { at: further.length === 0 ? first : [first, ...further] };
}
