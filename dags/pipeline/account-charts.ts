import { grid, timeAxis, valueAxis } from './chart-frame.ts';
import type { Display, DisplayBucket } from './display-buckets.ts';
import { compactText, shareText } from './numbers-text.ts';
import { ink, type Role } from './palette.ts';
import { type ChartSize, svgChart } from './svg-chart.ts';

type Column = 'equity' | 'benchmark' | 'drawdown' | 'benchmarkDrawdown';

/** The account of the strategy and of buying and holding. */
export function equityChart({ buckets }: Display, size: ChartSize, label: string): string {
  const series = [line(buckets, 'benchmark', 'benchmark', 1.25), line(buckets, 'equity', 'strategy', 1.75)];
  return chart(buckets, size, label, valueAxis(compactText), series);
}

/** How far below its peak the account was; down is down. */
export function drawdownChart({ buckets }: Display, size: ChartSize, label: string): string {
  const axis = valueAxis((value) => (value === 0 ? '0%' : shareText(-value, 0)), {
    inverse: true,
    scale: false,
    min: 0,
    splitNumber: 3,
  });
  const area = {
    ...line(buckets, 'drawdown', 'strategy', 1.5),
    areaStyle: { color: ink('strategy'), opacity: 0.14, origin: 'start' },
  };
  return chart(buckets, size, label, axis, [line(buckets, 'benchmarkDrawdown', 'benchmark', 1), area]);
}

function chart(
  buckets: readonly DisplayBucket[],
  size: ChartSize,
  label: string,
  axis: unknown,
  series: unknown[],
): string {
  return svgChart(
    { grid: grid(size, 10, 30), xAxis: timeAxis(buckets, size), yAxis: axis, series },
    size,
    label,
  );
}

function line(
  buckets: readonly DisplayBucket[],
  column: Column,
  role: Role,
  width: number,
): Record<string, unknown> {
  return {
    type: 'line',
    silent: true,
    showSymbol: false,
    lineStyle: { color: ink(role), width, join: 'round' },
    itemStyle: { color: ink(role) },
    data: buckets.map((bucket) => bucket[column]),
  };
}
