import { type Html, html } from './html.ts';

/** A part of a page under its title; `aside` stands beside the title in small type. */
export function section(title: string, body: Html, aside: Html | string = ''): Html {
  return html`<section>
<div class="head"><h2>${title}</h2><div class="legend">${aside}</div></div>
${body}
</section>`;
}

/** A table; columns whose name begins with `#` hold numbers and stand to the right. */
export function table(columns: readonly string[], rows: readonly Html[]): Html {
  const heads = columns.map((column) =>
    column.startsWith('#') ? html`<th class="n">${column.slice(1)}</th>` : html`<th>${column}</th>`,
  );
  return html`<div class="scroll"><table>
<thead><tr>${heads}</tr></thead>
<tbody>${rows}</tbody>
</table></div>`;
}

/** A cell that holds a number; `tone` is a class of the style sheet. */
export function numberCell(text: string, tone = ''): Html {
  return html`<td class="n ${tone}">${text}</td>`;
}

/** What the two lines of the account charts are. */
export function accountLegend(): Html {
  const key = (role: string, text: string): Html =>
    html`<span><i style="background:var(--${role})"></i>${text}</span>`;
  return html`${key('strategy', 'cross')}${key('benchmark', 'buy and hold')}`;
}

/** The class of a number that is good or bad for the owner of the account. */
export function tone(value: number | null): 'gain' | 'loss' | '' {
  if (value === null || value === 0) return '';
  return value > 0 ? 'gain' : 'loss';
}

export function footer(runId: string): Html {
  return html`<footer>
A backtest tells what rules would have done with past prices, not what they will do. Run ${runId}.
</footer>`;
}
