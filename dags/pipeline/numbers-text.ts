/** Numbers for people: English, the same on every machine. A `null` is a dash. */

const MINUS = '\u2212';
const NONE = '\u2013';
const grouped = (digits: number): Intl.NumberFormat =>
  new Intl.NumberFormat('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
const FORMATS = [0, 1, 2, 3, 4, 5, 6].map(grouped);

/** `1,234.5` with a real minus sign. */
export function numberText(value: number | null, digits = 0): string {
  if (value === null) return NONE;
  const text = (FORMATS[digits] as Intl.NumberFormat).format(Math.abs(value));
  return value < 0 && /[1-9]/.test(text) ? `${MINUS}${text}` : text;
}

/** A share as `+12.3%`. */
export function changeText(share: number | null, digits = 1): string {
  if (share === null) return NONE;
  const text = numberText(share * 100, Math.abs(share) >= 10 ? 0 : digits);
  return `${share > 0 && /[1-9]/.test(text) ? '+' : ''}${text}%`;
}

/** A share as `12.3%`. */
export function shareText(share: number | null, digits = 1): string {
  return share === null ? NONE : `${numberText(share * 100, digits)}%`;
}

/** A price with the digits that its size asks for. */
export function priceText(price: number): string {
  const digits = price >= 1000 ? 0 : price >= 10 ? 2 : price >= 0.1 ? 4 : 6;
  return numberText(price, digits);
}

/** `1.2 M`, `340 K`: large counts on an axis. */
export function compactText(value: number): string {
  const units = [
    [1e12, 'T'],
    [1e9, 'B'],
    [1e6, 'M'],
    [1e3, 'K'],
  ] as const;
  const unit = units.find(([size]) => Math.abs(value) >= size);
  if (unit === undefined) return numberText(value, Math.abs(value) >= 10 || Number.isInteger(value) ? 0 : 2);
  const scaled = value / unit[0];
  return `${numberText(scaled, Math.abs(scaled) >= 10 || Number.isInteger(scaled) ? 0 : 1)}${unit[1]}`;
}

/** `1 trade`, `2 trades`. */
export function countText(count: number, noun: string): string {
  return `${numberText(count)} ${noun}${count === 1 ? '' : 's'}`;
}
