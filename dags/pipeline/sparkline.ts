import type { CurvePoint } from './outputs.ts';

const [WIDTH, HEIGHT, PAD] = [280, 110, 3];

/** Highest and lowest value over several curves, so that they can share a scale. */
export type Range = { readonly low: number; readonly high: number };

/** A small drawing of an account against buying and holding; the hairline is the start, 100. */
export function sparkline(curve: readonly CurvePoint[], { low, high }: Range): string {
  const first = curve[0]?.[0] ?? 0;
  const spanMs = Math.max(1, (curve.at(-1)?.[0] ?? 1) - first);
  const x = (at: number): string => (((at - first) / spanMs) * WIDTH).toFixed(1);
  const y = (value: number): string => {
    const share = (Math.log(value) - Math.log(low)) / Math.max(1e-9, Math.log(high) - Math.log(low));
    return (PAD + (1 - share) * (HEIGHT - 2 * PAD)).toFixed(1);
  };
  const path = (column: 1 | 2): string =>
    `M${curve.map((point) => `${x(point[0])} ${y(point[column])}`).join('L')}`;
  const line = (d: string, role: string, width: number): string =>
    `<path d="${d}" fill="none" stroke="var(--${role})" stroke-width="${width}" stroke-linejoin="round"/>`;
  return (
    `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="Account against buying and holding">` +
    `<path d="M0 ${y(100)}H${WIDTH}" stroke="var(--hairline)"/>` +
    `${line(path(2), 'benchmark', 1.1)}${line(path(1), 'strategy', 1.6)}</svg>`
  );
}

/** The range of all curves together, the start always in it. */
export function commonRange(curves: readonly (readonly CurvePoint[])[]): Range {
  let [low, high] = [100, 100];
  for (const [, account, benchmark] of curves.flat()) {
    low = Math.min(low, account, benchmark);
    high = Math.max(high, account, benchmark);
  }
  return { low: Math.max(low, 1e-3), high };
}
