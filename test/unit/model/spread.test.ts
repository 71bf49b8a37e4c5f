import fc from 'fast-check';
import { expect, test } from 'vitest';
import { quantile } from '../../../core/model/quantile.ts';
import { spreadOf } from '../../../core/model/spread.ts';

test('quantiles lie between the nearest values', () => {
  expect(quantile([], 0.5)).toBe(0);
  expect(quantile([7], 0.95)).toBe(7);
  expect(quantile([30, 10, 20], 0.5)).toBe(20);
  expect(quantile([10, 20, 30, 40], 0.5)).toBe(25);
  expect(quantile([0, 100], 0.95)).toBe(95);
  expect(
    quantile(
      Array.from({ length: 101 }, (_, at) => 100 - at),
      0.95,
    ),
  ).toBe(95);
});

test('a spread lies within its values, in order', () => {
  expect(spreadOf([])).toBeNull();
  expect(spreadOf([1, 2, 6])).toEqual({ avg: 3, min: 1, max: 6, p50: 2, p95: 6 });
  fc.assert(
    fc.property(fc.array(fc.nat(1_000_000), { minLength: 1 }), (lengths) => {
      const { min, p50, p95, max, avg } = spreadOf(lengths) as NonNullable<ReturnType<typeof spreadOf>>;
      expect(min <= p50 && p50 <= p95 && p95 <= max && min <= avg && avg <= max).toBe(true);
    }),
  );
});
