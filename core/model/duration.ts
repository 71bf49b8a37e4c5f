const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
type Unit = keyof typeof UNIT_MS;

/**
 * How durations are written: `250ms`, `90s`, `5m`, `2h`, `1d`, and combinations in falling order such as
 * `1h30m`.
 */
export const DURATION_PATTERN =
  '^(?=[0-9])(?:[0-9]+d)?(?:[0-9]+h)?(?:[0-9]+m(?!s))?(?:[0-9]+s)?(?:[0-9]+ms)?$';
const duration = new RegExp(DURATION_PATTERN);

/** The milliseconds of a duration text, or of a whole number of milliseconds; `null` if it is neither. */
export function parseDuration(value: string | number): number | null {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0 ? value : null;
  if (value.length > 64 || !duration.test(value)) return null;
  let totalMs = 0;
  for (const [, count, unit] of value.matchAll(/(\d+)(ms|s|m|h|d)/g))
    totalMs += Number(count) * UNIT_MS[unit as Unit];
  return Number.isSafeInteger(totalMs) ? totalMs : null;
}

/** The shortest exact text of a duration: `5400000` → `1h30m`, `0` → `0s`. */
export function durationText(valueMs: number): string {
  let rest = valueMs;
  let text = '';
  for (const unit of ['d', 'h', 'm', 's', 'ms'] as const) {
    const count = Math.floor(rest / UNIT_MS[unit]);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * UNIT_MS[unit];
  }
  return text || '0s';
}
