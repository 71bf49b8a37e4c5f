import type { RunRecord } from '../../core/model/run.ts';
import type { Store } from '../../core/store/store.ts';
import { defineCommand } from '../command.ts';
import { instantFlag } from '../duration-flag.ts';
import { EXIT } from '../exit-code.ts';
import { tableLines, tableWidth } from '../render/table.ts';
import { agoText, instantText, spanText } from '../render/time-text.ts';
import { withProject } from '../with-project.ts';

const PAGE = 500;

interface DagStats {
  readonly dagId: string;
  readonly runs: number;
  readonly success: number;
  readonly failed: number;
  readonly cancelled: number;
  /** Of the runs that ended by themselves; `null` without any. */
  readonly successRate: number | null;
  readonly durationMs: { readonly avg: number; readonly min: number; readonly max: number } | null;
  readonly lastAt: number;
}

/** `orch stats`: how the runs of each DAG went. */
export const stats = defineCommand<{ dag?: string; since?: string }>({
  examples: [
    { command: 'orch stats', what: 'all runs' },
    { command: 'orch stats --since 7d --dag pipeline', what: 'one DAG in the last week' },
  ],
  define: (command) => {
    command
      .option('--dag <dag>', 'only this DAG')
      .option('--since <when>', 'only runs since then: 24h, yesterday, 2026-11-20');
  },
  run: async (context, { dag, since }) => {
    const now = context.host.clock.now();
    const from = since === undefined ? null : instantFlag('--since', since, now);
    return withProject(context, async ({ store }) => {
      const rows = await collectStats(store, dag, from);
      if (context.flags.json)
        context.json({ items: rows.map(({ lastAt, ...row }) => ({ ...row, lastAt: instantText(lastAt) })) });
      else if (rows.length === 0) context.say('No runs.');
      else {
        const span =
          (pick: 'avg' | 'min' | 'max') =>
          ({ durationMs }: DagStats) =>
            durationMs === null ? '-' : spanText(durationMs[pick]);
        const columns = [
          { title: 'dag', text: (row: DagStats) => row.dagId, paint: context.style.bold },
          { title: 'runs', text: (row: DagStats) => String(row.runs), align: 'right' as const },
          { title: 'success', text: rateText, align: 'right' as const },
          { title: 'failed', text: (row: DagStats) => String(row.failed), align: 'right' as const },
          { title: 'avg', text: span('avg'), align: 'right' as const },
          { title: 'min', text: span('min'), align: 'right' as const },
          { title: 'max', text: span('max'), align: 'right' as const },
          { title: 'last', text: (row: DagStats) => agoText(row.lastAt, now) },
        ];
        context.print(
          tableLines(columns, rows, tableWidth(context.host.stdout), context.style.dim).join('\n'),
        );
      }
      return EXIT.ok;
    });
  },
});

function rateText({ successRate }: DagStats): string {
  return successRate === null
    ? '-'
    : `${(successRate * 100).toFixed(successRate === 1 || successRate === 0 ? 0 : 1)}%`;
}

async function collectStats(
  store: Store,
  dagId: string | undefined,
  since: number | null,
): Promise<DagStats[]> {
  const byDag = new Map<string, RunRecord[]>();
  let page: readonly RunRecord[] = [];
  do {
    const before = page.at(-1)?.runNo;
    page = await store.runs({
      limit: PAGE,
      ...(dagId === undefined ? {} : { dagId }),
      ...(since === null ? {} : { since }),
      ...(before === undefined ? {} : { before }),
    });
    for (const run of page) pushTo(byDag, run);
  } while (page.length === PAGE);
  return [...byDag].sort(([a], [b]) => (a < b ? -1 : 1)).map(([id, runs]) => statsOf(id, runs));
}

function statsOf(dagId: string, runs: readonly RunRecord[]): DagStats {
  const count = (state: RunRecord['state']): number => runs.filter((run) => run.state === state).length;
  const success = count('success');
  const failed = count('failed');
  const spans = runs.flatMap((run) =>
    run.startedAt === null || run.endedAt === null ? [] : [run.endedAt - run.startedAt],
  );
  const sum = spans.reduce((total, span) => total + span, 0);
  const durationMs =
    spans.length === 0
      ? null
      : {
          avg: Math.round(sum / spans.length),
          min: spans.reduce((a, b) => Math.min(a, b)),
          max: spans.reduce((a, b) => Math.max(a, b)),
        };
  const successRate = success + failed === 0 ? null : success / (success + failed);
  return {
    dagId,
    runs: runs.length,
    success,
    failed,
    cancelled: count('cancelled'),
    successRate,
    durationMs,
    lastAt: runs[0]?.createdAt ?? 0,
  };
}

function pushTo(byDag: Map<string, RunRecord[]>, run: RunRecord): void {
  const known = byDag.get(run.dagId);
  if (known === undefined) byDag.set(run.dagId, [run]);
  else known.push(run);
}
