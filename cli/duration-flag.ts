import { parseDuration } from '../core/model/duration.ts';
import { AppError } from '../core/model/errors.ts';

/** The milliseconds of a flag such as `--timeout 1h`. */
export function durationFlag(flag: string, text: string): number {
  const ms = parseDuration(text);
  if (ms === null || ms === 0)
    throw new AppError('usage', `${flag} must be a duration such as 90s, 5m or 1h30m, not '${text}'.`);
  return ms;
}

/** The instant of a flag such as `--since 24h`, `--since yesterday` or `--since 2026-11-20T08:00Z`. */
export function instantFlag(flag: string, text: string, now: number): number {
  const ago = parseDuration(text.replace(/^-/, ''));
  if (ago !== null) return now - ago;
  const startOfDay = now - (now % 86_400_000);
  if (text === 'today') return startOfDay;
  if (text === 'yesterday') return startOfDay - 86_400_000;
  const at = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at))
    throw new AppError(
      'usage',
      `${flag} must be a duration such as 24h, 'yesterday', or a time such as 2026-11-20, not '${text}'.`,
    );
  return at;
}

/** A whole number of a flag. */
export function countFlag(flag: string, text: string, minimum = 1): number {
  const count = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(count) || count < minimum)
    throw new AppError('usage', `${flag} must be a whole number from ${minimum}, not '${text}'.`);
  return count;
}
