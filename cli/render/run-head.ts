import type { RunView } from '../../core/store/run-view.ts';
import type { Style } from '../style.ts';
import { countsText } from './run-summary.ts';
import { scopeText } from './start-line.ts';
import { glyph, toned } from './state-look.ts';
import { agoText, slotText, spanText } from './time-text.ts';

/** What a run is and how far it was at an instant, in three lines; `now` is what "ago" counts from. */
export function runHead(view: RunView, asOf: number, now: number, style: Style): string[] {
  const { run } = view;
  const took = run.startedAt === null ? '' : ` in ${spanText((run.endedAt ?? asOf) - run.startedAt)}`;
  const state = `${glyph(run.state, style)} ${toned(run.state, style.bold(run.state), style)}`;
  const by = run.trigger === 'manual' ? 'by hand' : run.trigger;
  const made = run.logicalAt === null ? by : `${run.trigger} of ${slotText(run.logicalAt)}`;
  return [
    `${state}  ${style.bold(run.dagId)} run ${run.uid}`,
    style.dim(
      `  ${scopeText(view)}, version ${run.versionNo}, ${made}, began ${agoText(run.createdAt, now)}`,
    ),
    style.dim(`  ${countsText(view.counts)}${took}, ${view.completed} of ${view.total} done`),
  ];
}
