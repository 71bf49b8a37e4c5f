import { didYouMean } from '../../model/did-you-mean.ts';
import type { AuthorPath } from '../place.ts';
import type { Problems } from './problems.ts';

/** Whether the runtime knows a time zone by this name. */
export function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** Reports a time zone that does not exist. */
export function checkZone(name: string, at: AuthorPath, problems: Problems): boolean {
  if (isZone(name)) return true;
  const hint = (): string => didYouMean(name, zoneNames()) ?? 'use an IANA name such as Europe/Berlin or UTC';
  problems.error('bad-zone', `there is no time zone '${name}'`, at, { hint });
  return false;
}

/** Full names first, then cities alone, which is what people tend to write. */
function* zoneNames(): Iterable<string> {
  yield 'UTC';
  yield* Intl.supportedValuesOf('timeZone');
}
