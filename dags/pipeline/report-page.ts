import { drawdownChart, equityChart } from './account-charts.ts';
import { COLUMNS_MAX, SIZES } from './chart-frame.ts';
import { type Display, displayBuckets } from './display-buckets.ts';
import { type Html, html, trusted } from './html.ts';
import { dayText, instantText } from './instants.ts';
import { DAY_MS } from './intervals.ts';
import type { Candle } from './market.ts';
import { changeText, countText, numberText, priceText, shareText } from './numbers-text.ts';
import type { Backtested, Cleaned, Collected, Klines } from './outputs.ts';
import { page } from './page.ts';
import { accountLegend, footer, numberCell, section, table, tone } from './page-parts.ts';
import type { Performance } from './performance.ts';
import { fillsFit, isSinglePriced, priceChart } from './price-chart.ts';
import { qualitySection } from './quality-section.ts';
import type { CrossResult, RoundTrip } from './strategy.ts';

export type ReportContent = {
  readonly source: Collected;
  readonly cleaned: Cleaned;
  readonly klines: Klines;
  readonly backtested: Backtested;
  readonly candles: readonly Candle[];
  readonly result: CrossResult;
  readonly capital: number;
  readonly runId: string;
};

/** Rows of the table of trades; all of them are in the artifact trades.csv. */
const TRADES_SHOWN = 100;
const TRADES_OPEN = 10;

/** The report of one symbol as a whole page. */
export function reportPage(content: ReportContent): string {
  const { source, backtested, cleaned } = content;
  const body = html`${head(content)}
${tiles(backtested.performance)}
${charts(content)}
${tradesSection(content.result.trades)}
${qualitySection(cleaned.quality)}
${originSection(source, content.klines)}
${footer(content.runId)}`;
  return page(`${source.symbol}: moving-average cross`, body);
}

function head({ source, cleaned, klines, backtested, capital }: ReportContent): Html {
  const { performance: p, strategy, costs, interval } = backtested;
  const sub =
    `${interval} candles, ${spanText(p)}. Averages of ${strategy.fast} and ${strategy.slow}, ` +
    `fee ${costs.feeBps} bps, slippage ${costs.slippageBps} bps.`;
  const [from, to] = [capital, p.finalEquity].map((amount) => numberText(amount));
  const lead =
    `Following the cross turned ${from} into ${to} (${changeText(p.totalReturn)}). ` +
    `Buying and holding gave ${changeText(p.benchmarkReturn)}. ` +
    `The deepest fall was ${shareText(p.maxDrawdown)}, against ${shareText(p.benchmarkMaxDrawdown)}.`;
  const leftOut = klines.leftOut.map(({ interval: name, because }) => `No ${name} candles: ${because}.`);
  const notes = [...source.notes, ...cleaned.quality.notes, ...leftOut].map(
    (note) => html`<p class="note">${note}</p>`,
  );
  return html`<header><h1>${source.symbol}</h1>
<p class="sub">${sub}</p>
<p class="lead">${lead}</p>
${notes}</header>`;
}

function spanText({ firstAt, lastAt }: Performance): string {
  const text = lastAt - firstAt < 3 * DAY_MS ? instantText : dayText;
  return `${text(firstAt)} to ${text(lastAt)}`;
}

function tiles(p: Performance): Html {
  const tile = (name: string, value: string, small: string, kind = ''): Html =>
    html`<div><dt>${name}</dt><dd class="${kind}">${value}<small>${small}</small></dd></div>`;
  const yearly = p.cagr === null ? 'less than 30 days' : 'compound growth';
  const wins = p.winRate === null ? 'none finished' : `${shareText(p.winRate, 0)} with a gain`;
  return html`<dl class="tiles">
${tile('Return', changeText(p.totalReturn), `holding ${changeText(p.benchmarkReturn)}`, tone(p.totalReturn))}
${tile('Per year', changeText(p.cagr), yearly, tone(p.cagr))}
${tile('Sharpe', numberText(p.sharpe, 2), `holding ${numberText(p.benchmarkSharpe, 2)}`)}
${tile('Max drawdown', shareText(p.maxDrawdown), `holding ${shareText(p.benchmarkMaxDrawdown)}`)}
${tile('Trades', numberText(p.trades), wins)}
${tile('Invested', shareText(p.exposure, 0), 'of all candles')}
</dl>`;
}

function charts({ candles, result, backtested, source }: ReportContent): Html {
  const fold = (max: number): Display => displayBuckets(candles, result, backtested.interval, max);
  const [wide, compact] = [fold(COLUMNS_MAX.wide), fold(COLUMNS_MAX.compact)];
  const pair = (draw: typeof priceChart, name: string, tall: number, short: number): Html => {
    const label = `${name} of ${source.symbol}`;
    return html`<div class="chart">
<div class="wide">${trusted(draw(wide, SIZES.wide(tall), label))}</div>
<div class="compact">${trusted(draw(compact, SIZES.compact(short), `${label}, small`))}</div>
</div>`;
  };
  const aside = html`${priceLegend(wide, 'wide', result.trades.length)}
${priceLegend(compact, 'compact', result.trades.length)}`;
  return html`${section('Price', pair(priceChart, 'Price', 430, 330), aside)}
${section('Account', pair(equityChart, 'Account', 280, 220), accountLegend())}
${section('Below the peak', pair(drawdownChart, 'Drawdown', 190, 160), accountLegend())}`;
}

/** What the price chart of a size shows: the period of a column, and the marks if there are any. */
function priceLegend(display: Display, size: 'wide' | 'compact', trades: number): Html {
  const what = `one ${isSinglePriced(display) ? 'price' : 'candle'} per ${display.per}`;
  const marks = html`<span class="${size}"><b style="color:var(--strategy)">&#9650;</b>bought</span>
<span class="${size}"><b style="color:var(--ink)">&#9660;</b>sold</span>`;
  const crowded = `${countText(trades, 'trade')}, too close together to mark`;
  return html`<span class="${size}">${what}</span>
${fillsFit(display) ? marks : html`<span class="${size}">${crowded}</span>`}`;
}

function tradesSection(trades: readonly RoundTrip[]): Html {
  const newest = trades.toReversed().slice(0, TRADES_SHOWN);
  if (newest.length === 0) {
    return section('Trades', html`<p>The averages never crossed upwards: no trade.</p>`);
  }
  const more = newest.slice(TRADES_OPEN);
  const rest = trades.length > TRADES_SHOWN ? ` of ${numberText(trades.length)}; trades.csv has all` : '';
  const folded = html`<details><summary>${numberText(more.length)} more${rest}</summary>
${tradeTable(more)}</details>`;
  const body = html`${tradeTable(newest.slice(0, TRADES_OPEN))}${more.length === 0 ? null : folded}`;
  return section('Trades', body, `${countText(trades.length, 'trade')}, newest first`);
}

function tradeTable(trades: readonly RoundTrip[]): Html {
  const rows = trades.map((trade) => {
    const sold = trade.exitAt === null ? 'still held' : instantText(trade.exitAt);
    const result = [
      numberCell(priceText(trade.exitPrice)),
      numberCell(numberText(trade.held)),
      numberCell(numberText(trade.pnl)),
      numberCell(changeText(trade.change), tone(trade.change)),
    ];
    const bought = html`<td>${instantText(trade.entryAt)}</td>${numberCell(priceText(trade.entryPrice))}`;
    return html`<tr>${bought}<td class="${trade.exitAt === null ? 'quiet' : ''}">${sold}</td>${result}</tr>`;
  });
  return table(['Bought', '#at', 'Sold', '#at', '#Candles held', '#Gain', '#Change'], rows);
}

function originSection({ provenance }: Collected, klines: Klines): Html {
  const files = provenance.map(
    (
      file,
    ) => html`<tr><td class="wrap">${file.origin}/${file.file}</td><td>${file.licence ?? 'not stated'}</td>
${numberCell(numberText(file.rows))}<td class="wrap"><code>${file.sha256}</code></td></tr>`,
  );
  const made = klines.intervals.map(({ interval, candles }) => `${numberText(candles)} of ${interval}`);
  const body = html`${table(['File', 'Licence', '#Rows', 'SHA-256'], files)}
<p class="sub">Candles made from it: ${made.join(', ')}.</p>`;
  return section('Where the data comes from', body);
}
