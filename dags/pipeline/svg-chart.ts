import { BarChart, CandlestickChart, LineChart, ScatterChart } from 'echarts/charts';
import { GridComponent } from 'echarts/components';
import { type EChartsCoreOption, init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { ink, withVariables } from './palette.ts';

use([BarChart, CandlestickChart, LineChart, ScatterChart, GridComponent, SVGRenderer]);

export type ChartSize = { readonly width: number; readonly height: number; readonly compact: boolean };

/** Draws a chart as SVG text that scales with its container and takes its colours from the page. */
export function svgChart(option: EChartsCoreOption, size: ChartSize, label: string): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: size.width, height: size.height });
  try {
    chart.setOption({
      animation: false,
      backgroundColor: 'transparent',
      textStyle: { fontFamily: 'inherit', color: ink('muted') },
      ...option,
    });
    return standalone(chart.renderToSVGString(), label);
  } finally {
    chart.dispose();
  }
}

/**
 * Makes the drawing independent of how many were drawn before in this process, and names it for screen
 * readers.
 */
function standalone(svg: string, label: string): string {
  const attribute = label.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);
  const name = attribute.replace(/[^A-Za-z0-9]+/g, '-').toLowerCase();
  return withVariables(svg)
    .replace(/<svg width="[^"]*" height="[^"]*"/, `<svg role="img" aria-label="${attribute}"`)
    .replace(/<rect [^>]*fill="(none|transparent)"[^>]*><\/rect>\n?/, '')
    .replace(/<style >[\s\S]*?<\/style>\n?/g, '')
    .replace(/ (class|pointer-events|ecmeta_\w+)="[^"]*"/g, '')
    .replace(/\bzr\d+-/g, `${name}-`)
    .replace(/\d+\.\d{3,}/g, (digits) => String(Math.round(Number(digits) * 100) / 100));
}
