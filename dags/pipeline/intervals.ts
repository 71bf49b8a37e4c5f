const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;
const WEEK_MS = 7 * DAY_MS;

/** Candle intervals, finest first. A month counts as 30 days wherever a length is needed. */
export const INTERVAL_MS = {
  '1m': MINUTE_MS,
  '5m': 5 * MINUTE_MS,
  '15m': 15 * MINUTE_MS,
  '1h': HOUR_MS,
  '4h': 4 * HOUR_MS,
  '1d': DAY_MS,
  '1w': WEEK_MS,
  '1mo': 30 * DAY_MS,
} as const;
export type IntervalName = keyof typeof INTERVAL_MS;
export const INTERVAL_NAMES = Object.keys(INTERVAL_MS) as IntervalName[];

/** 1970-01-05, the first Monday of the epoch. */
export const FIRST_MONDAY_MS = 4 * DAY_MS;

export function isIntervalName(text: string): text is IntervalName {
  return Object.hasOwn(INTERVAL_MS, text);
}

/** The start of the candle that an instant belongs to: UTC, weeks begin on Monday, months on the first. */
export function bucketStart(at: number, interval: IntervalName): number {
  if (interval === '1mo') {
    const day = new Date(at);
    return Date.UTC(day.getUTCFullYear(), day.getUTCMonth(), 1);
  }
  const stepMs = INTERVAL_MS[interval];
  const offsetMs = interval === '1w' ? FIRST_MONDAY_MS : 0;
  return Math.floor((at - offsetMs) / stepMs) * stepMs + offsetMs;
}

/** The same as SQL over a BIGINT column of epoch milliseconds. */
export function bucketSql(interval: IntervalName, column: string): string {
  if (interval === '1mo') return `epoch_ms(date_trunc('month', make_timestamp(${column} * 1000)))`;
  const stepMs = INTERVAL_MS[interval];
  const shifted = interval === '1w' ? `(${column} - ${FIRST_MONDAY_MS})` : column;
  return `${column} - ((${shifted} % ${stepMs}) + ${stepMs}) % ${stepMs}`;
}

/**
 * Why candles of an interval cannot be made of bars of `stepMs`, or `null` if they can: a bar must fit into
 * one candle whole.
 */
export function refusal(interval: IntervalName, stepMs: number | null): string | null {
  if (stepMs === null) return null;
  const intervalMs = INTERVAL_MS[interval];
  const has = `the data has one bar per ${durationText(stepMs)}`;
  if (intervalMs < stepMs) return `${has}, and ${interval} is finer than that`;
  const fits =
    intervalMs === stepMs ||
    (interval === '1mo' ? DAY_MS % stepMs === 0 : intervalMs % stepMs === 0 && !isMonth(stepMs));
  return fits ? null : `${has}, which does not divide ${interval} without a remainder`;
}

const isMonth = (stepMs: number): boolean => stepMs === INTERVAL_MS['1mo'];

/** `1 day`, `15 minutes`, `month`: a length in words for people. */
export function durationText(ms: number): string {
  if (isMonth(ms)) return 'month';
  const units = [
    ['week', WEEK_MS],
    ['day', DAY_MS],
    ['hour', HOUR_MS],
    ['minute', MINUTE_MS],
    ['second', 1000],
  ] as const;
  const [name, unitMs] = units.find(([, unit]) => ms >= unit && ms % unit === 0) ?? ['ms', 1];
  const count = ms / unitMs;
  if (count === 1) return name;
  return name === 'ms' ? `${count} ms` : `${count} ${name}s`;
}
