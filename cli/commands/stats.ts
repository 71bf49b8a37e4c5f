import type { Spread } from '../../core/model/spread.ts';
import { collectDagStats, type DagStats } from '../../core/store/dag-stats.ts';
import { collectTaskStats, TASK_RUNS_MAX, type TaskStats } from '../../core/store/task-stats.ts';
import { defineCommand, type RemoteRun } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { instantFlag } from '../duration-flag.ts';
import { EXIT } from '../exit-code.ts';
import { counted } from '../render/counted.ts';
import { type Column, tableLines, tableWidth } from '../render/table.ts';
import { agoText, instantText, spanText } from '../render/time-text.ts';
import { withProject } from '../with-project.ts';

interface StatsOptions {
  readonly dag?: string;
  readonly since?: string;
  readonly tasks?: boolean;
}

/** A DAG, with its tasks if they were asked for. */
interface Row {
  readonly dag: DagStats;
  readonly tasks: readonly TaskStats[] | null;
  /** Finished runs that the figures of tasks are of; `null`: all that there are. */
  readonly taskRuns: number | null;
}

/** `orch stats`: how the runs of each DAG went, and with `--tasks` or for one DAG its tasks. */
export const stats = defineCommand<StatsOptions>({
  description:
    'p50 and p95: half, or 95 of 100, took no longer. Runs wait for their turn, attempts from their slot ' +
    `to their start. Of tasks the newest ${TASK_RUNS_MAX} finished runs of a DAG count, or fewer large ones.`,
  examples: [
    { command: 'orch stats', what: 'all runs' },
    { command: 'orch stats --since 7d --dag pipeline', what: 'one DAG and its tasks in the last week' },
    { command: 'orch stats --tasks --json', what: 'everything, for programs' },
  ],
  define: (command) => {
    command
      .option('--dag <dag>', 'only this DAG, with its tasks')
      .option('--since <when>', 'only runs since then: 24h, yesterday, 2026-11-20')
      .option('--tasks', 'the tasks of every DAG too');
  },
  run: async (context, { dag, since, tasks }) => {
    const now = context.host.clock.now();
    const from = since === undefined ? null : instantFlag('--since', since, now);
    const wantsTasks = tasks === true || dag !== undefined;
    return withProject(context, async ({ store }) => {
      const rows: Row[] = [];
      for (const one of await collectDagStats(store, dag, from)) {
        const ofTasks = wantsTasks ? await collectTaskStats(store, one.dagId, from) : null;
        rows.push(rowOf(one, ofTasks?.tasks ?? null, ofTasks?.runs ?? 0));
      }
      return tellStats(context, rows);
    });
  },
});

/** `orch stats` of a server. */
export const statsThere: RemoteRun<StatsOptions> = async (context, server, { dag, since, tasks }) => {
  const now = context.host.clock.now();
  const from =
    since === undefined ? {} : { since: new Date(instantFlag('--since', since, now)).toISOString() };
  const wantsTasks = tasks === true || dag !== undefined;
  const dagIds = dag === undefined ? (await server.items('listDags', {})).map(({ dagId }) => dagId) : [dag];
  const rows: Row[] = [];
  for (const dagId of dagIds) {
    const found = await server.call('getDagStats', { params: { dagId }, query: from });
    const { since: _, taskRuns, tasks: ofTasks, lastAt, ...figures } = found;
    if (lastAt === null) continue;
    rows.push(rowOf({ ...figures, lastAt: Date.parse(lastAt) }, wantsTasks ? ofTasks : null, taskRuns));
  }
  return tellStats(context, rows);
};

function rowOf(dag: DagStats, tasks: readonly TaskStats[] | null, taskRuns: number): Row {
  const isCut = taskRuns < dag.success + dag.failed + dag.cancelled;
  return { dag, tasks, taskRuns: isCut ? taskRuns : null };
}

function tellStats(context: CommandContext, rows: readonly Row[]): number {
  if (context.flags.json) context.json({ items: rows.map(rowJson) });
  else if (rows.length === 0) context.say('No runs.');
  else print(context, rows, context.host.clock.now());
  return EXIT.ok;
}

function rowJson({ dag, tasks }: Row): object {
  const { lastAt, ...figures } = dag;
  return { ...figures, lastAt: instantText(lastAt), ...(tasks === null ? {} : { tasks }) };
}

function print(context: CommandContext, rows: readonly Row[], now: number): void {
  const { style, host } = context;
  const width = tableWidth(host.stdout);
  const columns: Column<DagStats>[] = [
    { title: 'dag', text: ({ dagId }) => dagId, paint: style.bold },
    { title: 'runs', text: ({ runs }) => String(runs), align: 'right' },
    ...commonColumns<DagStats>(),
    { title: 'last', text: ({ lastAt }) => agoText(lastAt, now) },
  ];
  const dags = rows.map(({ dag }) => dag);
  context.print(tableLines(columns, dags, width, style.dim).join('\n'));
  for (const { dag, tasks, taskRuns } of rows) {
    if (tasks === null || tasks.length === 0) continue;
    const taskColumns: Column<TaskStats>[] = [
      { title: `task of ${dag.dagId}`, text: ({ taskId }) => taskId, paint: style.bold },
      { title: 'ran', text: ({ instances }) => String(instances), align: 'right' },
      ...commonColumns<TaskStats>(),
      { title: 'retries', text: ({ retries }) => String(retries), align: 'right' },
    ];
    context.print(`\n${tableLines(taskColumns, tasks, width, style.dim).join('\n')}`);
    if (taskRuns !== null) context.print(style.dim(`of the newest ${counted(taskRuns, 'finished run')}`));
  }
}

type Common = Pick<DagStats, 'successRate' | 'failed' | 'durationMs' | 'queueMs'>;

/** What is shown of DAGs and tasks alike. */
function commonColumns<Shown extends Common>(): Column<Shown>[] {
  const span = (
    title: string,
    spread: (row: Shown) => Spread | null,
    pick: 'p50' | 'p95',
  ): Column<Shown> => ({
    title,
    text: (row) => {
      const found = spread(row);
      return found === null ? '-' : spanText(found[pick]);
    },
    align: 'right',
  });
  return [
    { title: 'success', text: rateText, align: 'right' },
    { title: 'failed', text: ({ failed }) => String(failed), align: 'right' },
    span('p50', ({ durationMs }) => durationMs, 'p50'),
    span('p95', ({ durationMs }) => durationMs, 'p95'),
    span('wait p50', ({ queueMs }) => queueMs, 'p50'),
    span('wait p95', ({ queueMs }) => queueMs, 'p95'),
  ];
}

function rateText({ successRate }: Common): string {
  return successRate === null
    ? '-'
    : `${(successRate * 100).toFixed(successRate === 1 || successRate === 0 ? 0 : 1)}%`;
}
