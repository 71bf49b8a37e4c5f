import type { BecauseCode } from '../../core/model/because.ts';
import type { RunState } from '../../core/model/states.ts';
import type { RunView } from '../../core/store/run-view.ts';
import type { Style } from '../style.ts';
import { type MetricRow, metricLines } from './metric-lines.ts';
import { shortRunId } from './run-name.ts';
import { toned } from './state-look.ts';
import { displayWidth, tamed } from './text-width.ts';
import { spanText } from './time-text.ts';

const ORDER = ['success', 'failed', 'upstream_failed', 'cancelled', 'skipped', 'removed'] as const;
const WORDS: Readonly<Record<(typeof ORDER)[number], string>> = {
  success: 'ok',
  failed: 'failed',
  upstream_failed: 'upstream_failed',
  cancelled: 'cancelled',
  skipped: 'skipped',
  removed: 'removed',
};

/**
 * `10 ok, 1 failed, 4 upstream_failed`: the instances of a run by state, those outside its scope left out.
 */
export function countsText(counts: RunView['counts']): string {
  const parts = ORDER.flatMap((state) =>
    (counts[state] ?? 0) > 0 ? [`${counts[state]} ${WORDS[state]}`] : [],
  );
  return parts.length === 0 ? 'no tasks' : parts.join(', ');
}

/** The word with which the last line begins. */
const VERDICT: Readonly<Partial<Record<RunState, string>>> = {
  success: 'SUCCESS',
  failed: 'FAILED',
  cancelled: 'CANCELLED',
};

/** Reasons of a run that the states of its tasks do not tell. */
const ENDINGS: ReadonlySet<BecauseCode> = new Set([
  'critical_failed',
  'run_timed_out',
  'unknown_key',
  'superseded',
  'shutdown',
  'marked',
]);

const REASONS_MAX = 3;

/**
 * The end of a followed run: metrics, then one line with the result and what to do about it; a terminal too
 * narrow for it gets two.
 */
export function summaryLines(
  view: RunView,
  metrics: readonly MetricRow[],
  size: { readonly columns: number; readonly isTerminal: boolean },
  style: Style,
): string[] {
  const { run } = view;
  const spanMs = (run.endedAt ?? run.createdAt) - (run.startedAt ?? run.createdAt);
  const verdict = toned(run.state, style.bold(VERDICT[run.state] ?? run.state), style);
  const line = `${verdict} ${countsText(view.counts)} in ${spanText(spanMs)}`;
  const table = metricLines(metrics, size.columns, style);
  const advice = adviceText(view);
  const isWide = size.isTerminal && displayWidth(line) + advice.length + 2 > size.columns;
  const last = advice === '' ? [line] : isWide ? [line, advice] : [`${line}. ${advice}`];
  return [...(table.length === 0 ? [] : [...table, '']), ...reasonTexts(view), ...last];
}

/** Why the run ended so, as far as no task says it that failed. */
function reasonTexts({ run, tasks }: RunView): string[] {
  const reasons = ENDINGS.has(run.because?.code ?? 'none') ? [run.because?.text ?? ''] : [];
  if (run.state === 'failed')
    for (const { state, because } of tasks)
      if (state === 'upstream_failed' && because?.code === 'expansion_failed') reasons.push(because.text);
  const distinct = [...new Set(reasons.map(tamed))];
  const shown = distinct.slice(0, REASONS_MAX);
  return distinct.length > shown.length ? [...shown, `… ${distinct.length - shown.length} more`] : shown;
}

function adviceText(view: RunView): string {
  const id = shortRunId(view.run.uid);
  if (view.run.state === 'failed') return `Retry: orch retry ${id} --failed`;
  if (view.run.state === 'cancelled') return `Go on: orch retry ${id}`;
  return '';
}
