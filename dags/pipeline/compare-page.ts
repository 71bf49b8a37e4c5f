import { type Html, html, trusted } from './html.ts';
import { dayText } from './instants.ts';
import { changeText, countText, numberText, shareText } from './numbers-text.ts';
import type { Backtested, BrokenSymbol } from './outputs.ts';
import { page } from './page.ts';
import { accountLegend, footer, numberCell, section, table, tone } from './page-parts.ts';
import { reportName } from './report-name.ts';
import { commonRange, sparkline } from './sparkline.ts';

/** Drawings on the page; the table has every symbol. */
const CARDS_MAX = 60;

export type Comparison = {
  /** Best first. */
  readonly ranked: readonly Backtested[];
  readonly broken: readonly BrokenSymbol[];
  readonly runId: string;
};

/** One page over all symbols of a run. */
export function comparePage({ ranked, broken, runId }: Comparison): string {
  const total = countText(ranked.length + broken.length, 'symbol');
  const ahead = ranked.filter(({ performance: p }) => p.totalReturn > p.benchmarkReturn).length;
  const lead =
    ranked.length === 0
      ? 'No symbol reached its backtest.'
      : `The cross beat buying and holding on ${ahead} of ${countText(ranked.length, 'symbol')}.`;
  const sub = `${total}, best Sharpe ratio first${broken.length === 0 ? '' : `, ${broken.length} broken`}.`;
  const body = html`<header><h1>Comparison</h1><p class="sub">${sub}</p><p class="lead">${lead}</p></header>
${broken.length === 0 ? null : section('Broken', brokenTable(broken))}
${ranked.length === 0 ? null : html`${section('Results', resultTable(ranked))}${accounts(ranked)}`}
${footer(runId)}`;
  return page('Comparison of symbols', body);
}

function brokenTable(broken: Comparison['broken']): Html {
  const rows = broken.map(
    ({ symbol, why }) => html`<tr><td class="failed">${symbol}</td><td class="wrap">${why}</td></tr>`,
  );
  return table(['Symbol', 'Why'], rows);
}

function resultTable(ranked: readonly Backtested[]): Html {
  const rows = ranked.map(({ symbol, interval, performance: p }) => {
    const numbers = [
      numberCell(numberText(p.sharpe, 2)),
      numberCell(changeText(p.totalReturn), tone(p.totalReturn)),
      numberCell(changeText(p.benchmarkReturn)),
      numberCell(changeText(p.cagr)),
      numberCell(shareText(p.maxDrawdown)),
      numberCell(numberText(p.trades)),
      numberCell(shareText(p.exposure, 0)),
    ];
    const span = `${interval}, ${dayText(p.firstAt)} to ${dayText(p.lastAt)}`;
    return html`<tr><td>${link(symbol)}</td>${numbers}<td class="quiet">${span}</td></tr>`;
  });
  const numbers = ['#Sharpe', '#Return', '#Holding', '#Per year', '#Max drawdown', '#Trades', '#Invested'];
  return table(['Symbol', ...numbers, 'Candles'], rows);
}

function accounts(ranked: readonly Backtested[]): Html {
  const shown = ranked.slice(0, CARDS_MAX);
  const range = commonRange(shown.map(({ curve }) => curve));
  const cards = shown.map(
    ({ symbol, performance: p, curve, notes }) => html`<div class="card">
<h3>${link(symbol)}</h3>
<p>${changeText(p.totalReturn)}, holding ${changeText(p.benchmarkReturn)}</p>
${trusted(sparkline(curve, range))}${notes.map((note) => html`<p>${note}</p>`)}</div>`,
  );
  const more = ranked.length > shown.length ? `, the first ${CARDS_MAX} of ${ranked.length}` : '';
  const scale = `all on one logarithmic scale, the line is the start${more}`;
  const aside = html`${accountLegend()}<span class="quiet">${scale}</span>`;
  return section('Accounts', html`<div class="cards">${cards}</div>`, aside);
}

function link(symbol: string): Html {
  return html`<a href="${encodeURIComponent(reportName(symbol))}">${symbol}</a>`;
}
