import { join } from 'node:path';
import type { TaskContext } from 'orch';
import { folder } from '../health_check/finding.ts';
import { runInstant } from '../health_check/run-instant.ts';
import { replaceFile } from '../pipeline/dataset.ts';
import { type Html, html } from '../pipeline/html.ts';
import { page } from '../pipeline/page.ts';

/** A DAG as `orch stats --json` tells it. */
type DagStats = {
  readonly dagId: string;
  readonly runs: number;
  readonly success: number;
  readonly failed: number;
  readonly cancelled: number;
  readonly successRate: number | null;
  readonly durationMs: { readonly avg: number; readonly min: number; readonly max: number } | null;
};
/** A run as `orch runs --json` tells it. */
type FailedRun = {
  readonly runId: string;
  readonly dagId: string;
  readonly createdAt: string;
  readonly because: { readonly text: string } | null;
};
type Items<T> = { readonly items: readonly T[] };

/** Writes the page of a day, `daily/<date>.html`, and keeps it with the run. */
export async function report(
  { stats, failures }: { readonly stats: Items<DagStats>; readonly failures: Items<FailedRun> },
  ctx: TaskContext,
): Promise<{ path: string; runs: number; failed: number }> {
  const until = new Date(runInstant(ctx)).toISOString();
  const day = until.slice(0, 10);
  const text = page(`Daily report ${day}`, bodyOf(until, stats.items, failures.items));
  const path = join('daily', `${day}.html`);
  await replaceFile(join(folder(ctx, 'reportDir'), path), text, ctx.attemptId);
  await ctx.artifact(`${day}.html`, text, 'text/html');
  const sum = (of: (one: DagStats) => number): number =>
    stats.items.reduce((total, one) => total + of(one), 0);
  const [runs, failed] = [sum((one) => one.runs), sum((one) => one.failed)];
  ctx.metric('runs', runs);
  ctx.metric('failedRuns', failed);
  return { path, runs, failed };
}

function bodyOf(until: string, dags: readonly DagStats[], failed: readonly FailedRun[]): Html {
  const runs = dags.reduce((total, one) => total + one.runs, 0);
  const outcome = failed.length === 0 ? 'none failed' : `${failed.length} failed`;
  const lead =
    runs === 0 ? 'Nothing ran.' : `${counted(runs, 'run')} of ${counted(dags.length, 'DAG')}, ${outcome}.`;
  return html`<header>
<h1>Daily report</h1>
<p class="sub">The 24 hours until ${until.slice(0, 16).replace('T', ' ')} UTC</p>
<p class="lead">${lead}</p>
</header>
${dags.length === 0 ? null : dagSection(dags)}
${failed.length === 0 ? null : failedSection(failed)}
<footer>Runs that began in these hours; rates and times of those that ended.</footer>`;
}

function dagSection(dags: readonly DagStats[]): Html {
  const rows = dags.map(
    (one) => html`<tr><td>${one.dagId}</td><td class="n">${one.runs}</td><td class="n">${one.success}</td>
<td class="n${one.failed > 0 ? ' failed' : ''}">${one.failed}</td><td class="n">${one.cancelled}</td>
<td class="n">${one.successRate === null ? '–' : `${(one.successRate * 100).toFixed(1)} %`}</td>
<td class="n">${seconds(one.durationMs?.avg)}</td><td class="n">${seconds(one.durationMs?.max)}</td></tr>`,
  );
  return html`<section><div class="head"><h2>DAGs</h2></div><div class="scroll"><table>
<thead><tr><th>DAG</th><th class="n">runs</th><th class="n">ok</th><th class="n">failed</th>
<th class="n">cancelled</th><th class="n">success</th><th class="n">mean</th><th class="n">longest</th></tr>
</thead>
<tbody>${rows}</tbody></table></div></section>`;
}

function failedSection(failed: readonly FailedRun[]): Html {
  const rows = failed.map(
    (one) => html`<tr><td>${one.createdAt.slice(0, 16).replace('T', ' ')}</td><td>${one.dagId}</td>
<td>${one.runId.slice(-12)}</td><td class="wrap">${one.because?.text ?? ''}</td></tr>`,
  );
  return html`<section><div class="head"><h2>Failed runs</h2></div><div class="scroll"><table>
<thead><tr><th>began (UTC)</th><th>DAG</th><th>run</th><th>why</th></tr></thead>
<tbody>${rows}</tbody></table></div></section>`;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

function seconds(ms: number | undefined): string {
  if (ms === undefined) return '–';
  return ms < 60_000 ? `${(ms / 1000).toFixed(1)} s` : `${(ms / 60_000).toFixed(1)} min`;
}
