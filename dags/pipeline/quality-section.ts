import { type Html, html } from './html.ts';
import { instantText } from './instants.ts';
import { durationText } from './intervals.ts';
import { changeText, countText, numberText } from './numbers-text.ts';
import { numberCell, section, table } from './page-parts.ts';
import type { Finding, Quality } from './quality.ts';

/** What clean found, in words, with the rows to look at folded away. */
export function qualitySection(quality: Quality): Html {
  const { rowsIn, rowsOut, outliers } = quality;
  const verdict =
    rowsIn === rowsOut
      ? `All ${numberText(rowsIn)} rows of the source were usable.`
      : `${numberText(rowsOut)} of ${countText(rowsIn, 'row')} were usable, the others were removed.`;
  const rows = [
    row('Unreadable', quality.unreadable.count, 'removed'),
    row('Impossible prices or volume', quality.impossible.count, 'removed'),
    row('Same row again', quality.duplicates.count, 'removed'),
    row('Same time or id, other values', quality.conflicts.count, 'the last one kept'),
    row('Out of order', quality.outOfOrder, 'sorted'),
    ...gapRows(quality),
    row('Unusual moves', outliers.count, 'flagged, kept'),
  ];
  const body = html`<p>${verdict} ${stepText(quality)}</p>
<div class="narrow">${table(['Check', '#Rows', 'What was done'], rows)}</div>
${removedRows(quality)}
${gapList(quality)}
${outlierList(quality)}`;
  return section('Data quality', body);
}

function stepText({ stepMs, firstAt, lastAt }: Quality): string {
  const span = `from ${instantText(firstAt)} to ${instantText(lastAt)} (UTC)`;
  return stepMs === null ? `Single trades ${span}.` : `One bar per ${durationText(stepMs)}, ${span}.`;
}

function row(name: string, count: number, done: string): Html {
  const quiet = count === 0 ? 'quiet' : '';
  const what = count === 0 ? '' : done;
  return html`<tr><td>${name}</td>${numberCell(numberText(count), quiet)}<td class="quiet">${what}</td></tr>`;
}

function gapRows({ gaps, closedDays, stepMs }: Quality): Html[] {
  if (stepMs === null) return [];
  const missing = row('Missing', gaps.missing, `${countText(gaps.count, 'gap')}, not filled`);
  return closedDays === 0
    ? [missing]
    : [missing, row('Single days without a bar', closedDays, 'taken as holidays')];
}

function removedRows({ unreadable, impossible, duplicates, conflicts }: Quality): Html | null {
  const findings: readonly (readonly [string, Finding])[] = [
    ['unreadable', unreadable],
    ['impossible', impossible],
    ['same row', duplicates],
    ['other values', conflicts],
  ];
  const items = findings.flatMap(([name, { examples }]) =>
    examples.map((text) => html`<li>${name}: <code>${text}</code></li>`),
  );
  return items.length === 0 ? null : fold('Rows to look at', items);
}

function gapList({ gaps }: Quality): Html | null {
  if (gaps.count === 0) return null;
  const items = gaps.longest.map(
    ({ after, before, missing }) =>
      html`<li>${instantText(after)} to ${instantText(before)}: ${countText(missing, 'bar')} missing</li>`,
  );
  return fold(
    gaps.count > items.length ? `The ${items.length} longest of ${gaps.count} gaps` : 'Gaps',
    items,
  );
}

function outlierList({ outliers }: Quality): Html | null {
  if (outliers.count === 0) return null;
  const items = outliers.largest.map(({ at, change, times, reverted }) => {
    const after = reverted ? ', taken back by the next one: perhaps a bad tick' : '';
    const size = `${numberText(times)} times the usual move around it`;
    return html`<li>${instantText(at)}: ${changeText(change)}, ${size}${after}</li>`;
  });
  return fold('Unusual moves', items);
}

function fold(title: string, items: readonly Html[]): Html {
  return html`<details><summary>${title}</summary><ul>${items}</ul></details>`;
}
