import { grid, timeAxis, valueAxis } from './chart-frame.ts';
import type { Display, DisplayBucket } from './display-buckets.ts';
import { compactText, numberText, priceText } from './numbers-text.ts';
import { ink } from './palette.ts';
import { type ChartSize, svgChart } from './svg-chart.ts';

const VOLUME_HEIGHT = 64;
const LABELS_HEIGHT = 30;
/** Share of the columns with a fill above which marks would cover the prices and tell nothing. */
const MARKED_SHARE_MAX = 0.7;

/** Whether the fills of the strategy can be marked without covering the prices. */
export function fillsFit({ buckets }: Display): boolean {
  const marked = buckets.filter((bucket) => bucket.buys + bucket.sells > 0).length;
  return marked <= buckets.length * MARKED_SHARE_MAX;
}

/** Whether there is one price per column and nothing else: candles would be dashes, so a line is drawn. */
export function isSinglePriced({ buckets }: Display): boolean {
  return buckets.every((bucket) => bucket.high === bucket.low);
}

/** Prices with the fills of the strategy, and the volume below where there is any. */
export function priceChart(display: Display, size: ChartSize, label: string): string {
  const { buckets } = display;
  const volumeMax = buckets.reduce((max, bucket) => Math.max(max, bucket.volume ?? 0), 0);
  const hasVolume = volumeMax > 0;
  const priceBottom = LABELS_HEIGHT + (hasVolume ? VOLUME_HEIGHT + 24 : 0);
  const volumeTop = size.height - LABELS_HEIGHT - VOLUME_HEIGHT;
  const marks = fillsFit(display) ? [fills(buckets, 'buys', size), fills(buckets, 'sells', size)] : [];
  const option = {
    grid: [grid(size, 10, priceBottom), ...(hasVolume ? [grid(size, volumeTop, LABELS_HEIGHT)] : [])],
    xAxis: [timeAxis(buckets, size, 0, !hasVolume), ...(hasVolume ? [timeAxis(buckets, size, 1)] : [])],
    yAxis: [
      valueAxis((value) => axisPrice(value), { gridIndex: 0, splitNumber: 5 }),
      ...(hasVolume ? [volumeAxis(volumeMax)] : []),
    ],
    series: [
      isSinglePriced(display) ? closes(buckets) : candles(buckets),
      ...marks,
      ...(hasVolume ? [volume(buckets)] : []),
    ],
  };
  return svgChart(option, size, label);
}

const axisPrice = (value: number): string => (value >= 10_000 ? compactText(value) : shortPrice(value));
const shortPrice = (value: number): string =>
  Number.isInteger(value) ? numberText(value) : priceText(value).replace(/0+$/, '');

function volumeAxis(max: number): unknown {
  return valueAxis((value) => (value === 0 ? '' : compactText(value)), {
    gridIndex: 1,
    min: 0,
    max,
    interval: max,
    splitLine: { show: false },
  });
}

function closes(buckets: readonly DisplayBucket[]): unknown {
  return {
    type: 'line',
    silent: true,
    showSymbol: false,
    lineStyle: { color: ink('ink'), width: 1.5, join: 'round' },
    data: buckets.map((bucket) => bucket.close),
  };
}

function candles(buckets: readonly DisplayBucket[]): unknown {
  return {
    type: 'candlestick',
    silent: true,
    barMaxWidth: 9,
    data: buckets.map(({ open, close, low, high }) => [open, close, low, high]),
    itemStyle: {
      color: ink('up'),
      color0: ink('down'),
      borderColor: ink('up'),
      borderColor0: ink('down'),
      borderColorDoji: ink('muted'),
      borderWidth: 1,
    },
  };
}

/** Marks where orders filled: below the candle for purchases, above it for sales. */
function fills(buckets: readonly DisplayBucket[], side: 'buys' | 'sells', size: ChartSize): unknown {
  const marked = buckets.filter((bucket) => bucket[side] > 0);
  const crowded = marked.length > (size.compact ? 20 : 60);
  return {
    type: 'scatter',
    silent: true,
    z: 5,
    symbol: 'triangle',
    symbolRotate: side === 'buys' ? 0 : 180,
    symbolSize: crowded ? [5, 5] : [8, 8],
    symbolOffset: [0, side === 'buys' ? 8 : -8],
    itemStyle: { color: ink(side === 'buys' ? 'strategy' : 'ink') },
    data: marked.map((bucket) => [String(bucket.at), side === 'buys' ? bucket.low : bucket.high]),
  };
}

function volume(buckets: readonly DisplayBucket[]): unknown {
  return {
    type: 'bar',
    silent: true,
    xAxisIndex: 1,
    yAxisIndex: 1,
    barCategoryGap: '20%',
    itemStyle: { color: ink('volume') },
    data: buckets.map((bucket) => bucket.volume ?? 0),
  };
}
