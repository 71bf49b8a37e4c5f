import { Zone } from '../../cron/zone.ts';

const DATE = '(\\d{4})-(\\d{2})-(\\d{2})';
const TIME = '(\\d{2}):(\\d{2})(?::(\\d{2})(?:\\.(\\d{1,3})\\d*)?)?';
const OFFSET = '(Z|z|[+-]\\d{2}:?\\d{2})';
const DATE_TIME = new RegExp(`^${DATE}(?:[T ]${TIME})?\\s*${OFFSET}?$`);

/**
 * Epoch milliseconds of a date or date-time as in RFC 3339. Without an offset it is a local time of the zone,
 * a date alone its midnight. A local time that is skipped moves on to the first instant after the gap, one
 * that comes twice is the first of the two. `null` if the text is no date or names a day that does not exist.
 */
export function parseInstant(text: string, zone: string): number | null {
  const match = DATE_TIME.exec(text.trim());
  if (match === null) return null;
  const [year, month, day, hour, minute, second] = match
    .slice(1, 7)
    .map((part) => Number(part ?? 0)) as number[];
  const local = Date.UTC(year as number, (month as number) - 1, day, hour, minute, second);
  const ms = Number((match[7] ?? '0').padEnd(3, '0'));
  const back = new Date(local);
  const exists = back.getUTCMonth() + 1 === month && back.getUTCDate() === day && back.getUTCHours() === hour;
  if (!exists || (minute as number) > 59 || (second as number) > 59) return null;
  const offset = match[8];
  const utc = offset === undefined ? Zone.of(zone).instantOf(local) : local - offsetMs(offset);
  return Number.isNaN(utc) ? null : utc + ms;
}

/** RFC 3339 in UTC, without a fraction where it is zero. */
export function formatInstant(at: number): string {
  return new Date(at).toISOString().replace('.000Z', 'Z');
}

function offsetMs(offset: string): number {
  if (offset === 'Z' || offset === 'z') return 0;
  const [, sign, hours, minutes] = /^([+-])(\d{2}):?(\d{2})$/.exec(offset) as unknown as [
    string,
    string,
    string,
    string,
  ];
  if (Number(hours) > 23 || Number(minutes) > 59) return Number.NaN;
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
}
