const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const ISO =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(Z|[+-]\d{2}:?\d{2})?)?$/i;
const MONTH_NAME = /^([A-Za-z]{3}) (\d{1,2}) (\d{4})$/;

/** Numbers from here on are read as milliseconds (March 1973), smaller ones as seconds. */
const MILLISECONDS_FROM = 1e11;

/**
 * Reads an instant as epoch ms: a number of milliseconds or seconds, `2024-08-09`, RFC 3339 (UTC where no
 * zone is given), or `Aug 9 2024`. Gives `null` for anything else, days that do not exist included.
 */
export function parseInstant(text: string): number | null {
  if (/^-?\d{1,16}(\.\d+)?$/.test(text)) {
    const value = Number(text);
    return Math.round(Math.abs(value) >= MILLISECONDS_FROM ? value : value * 1000);
  }
  const iso = ISO.exec(text);
  if (iso) return fromIso(iso);
  const named = MONTH_NAME.exec(text);
  const month = named ? MONTHS.indexOf((named[1] ?? '').toLowerCase()) : -1;
  return named && month >= 0 ? dayStart(Number(named[3]), month, Number(named[2])) : null;
}

function fromIso(parts: RegExpExecArray): number | null {
  const [, year, month, day, hour, minute, second, fraction, zone] = parts;
  const midnight = dayStart(Number(year), Number(month) - 1, Number(day));
  const [h, m, s] = [Number(hour ?? 0), Number(minute ?? 0), Number(second ?? 0)];
  if (midnight === null || h > 23 || m > 59 || s > 59) return null;
  const ms = Math.floor(Number(`0.${fraction ?? 0}`) * 1000);
  return midnight + ((h * 60 + m) * 60 + s) * 1000 + ms - zoneMs(zone ?? 'Z');
}

function zoneMs(zone: string): number {
  if (zone.toUpperCase() === 'Z') return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2));
  return (zone.startsWith('-') ? -minutes : minutes) * 60_000;
}

function dayStart(year: number, month: number, day: number): number | null {
  const at = Date.UTC(year, month, day);
  const back = new Date(at);
  return back.getUTCMonth() === month && back.getUTCDate() === day ? at : null;
}

/** `2024-08-09`. */
export function dayText(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

/** `2024-08-09 13:45` in UTC, or the day alone for an instant at midnight. */
export function instantText(at: number): string {
  const iso = new Date(at).toISOString();
  return iso.slice(11, 19) === '00:00:00' ? iso.slice(0, 10) : `${iso.slice(0, 10)} ${iso.slice(11, 16)}`;
}
