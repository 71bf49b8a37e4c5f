import type { DisplayBucket } from './display-buckets.ts';
import { ink } from './palette.ts';
import type { ChartSize } from './svg-chart.ts';
import { timeLabels } from './time-axis.ts';

/** Sizes of the two drawings of every chart: for a desk and for a phone. */
export const SIZES = {
  wide: (height: number): ChartSize => ({ width: 1080, height, compact: false }),
  compact: (height: number): ChartSize => ({ width: 400, height, compact: true }),
} as const;

/** Columns that a drawing of a size holds without becoming a smear. */
export const COLUMNS_MAX = { wide: 280, compact: 100 } as const;

/** All charts of a report have the same margins, so that their columns stand above each other. */
export function grid(size: ChartSize, top: number, bottom: number): Record<string, unknown> {
  return { left: 4, right: size.compact ? 46 : 62, top, bottom, containLabel: false };
}

export function timeAxis(
  buckets: readonly DisplayBucket[],
  size: ChartSize,
  gridIndex = 0,
  labels = true,
): unknown {
  const marks = timeLabels(
    buckets.map((bucket) => bucket.at),
    size.compact ? 5 : 11,
  );
  return {
    type: 'category',
    gridIndex,
    data: buckets.map((bucket) => bucket.at),
    boundaryGap: true,
    axisTick: { show: false },
    axisLine: { show: true, lineStyle: { color: ink('hairline') } },
    axisLabel: {
      show: labels,
      color: ink('muted'),
      fontSize: 12,
      margin: 10,
      hideOverlap: true,
      interval: (index: number) => marks.has(index),
      formatter: (_: string, index: number) => marks.get(index) ?? '',
    },
  };
}

/** An axis of values on the right, where the newest value is. */
export function valueAxis(text: (value: number) => string, more: Record<string, unknown> = {}): unknown {
  return {
    type: 'value',
    position: 'right',
    scale: true,
    splitNumber: 4,
    axisLine: { show: false },
    axisTick: { show: false },
    axisLabel: { color: ink('muted'), fontSize: 12, margin: 8, formatter: text },
    splitLine: { lineStyle: { color: ink('hairline'), width: 1 } },
    ...more,
  };
}
