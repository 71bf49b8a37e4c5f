import { AppError } from '../core/model/errors.ts';

const INSTANT = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2}))?$/;

/**
 * An instant of a request, as epoch milliseconds: RFC 3339, or a day, which begins in UTC.
 * @throws AppError `usage`
 */
export function readInstant(name: string, text: string): number {
  const at = INSTANT.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at))
    throw new AppError('usage', `${name} must be an instant such as 2026-01-31T09:30:00Z, not '${text}'`);
  return at;
}
