import type { DagSpec, TaskSpec } from '../../core/model/dag.ts';
import { DAG_DEFAULTS } from '../../core/model/dag.ts';
import { durationText } from '../../core/model/duration.ts';
import { defineCommand, type RemoteRun } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { type FoundDag, readDagFiles, requireDag } from '../dag-files.ts';
import { EXIT } from '../exit-code.ts';
import { dagOfServer } from '../remote/dag-of-server.ts';
import { tableLines, tableWidth } from '../render/table.ts';
import { cutTo, tamed } from '../render/text-width.ts';
import { type RolledBack, rolledBackOf, rolledBackText } from '../rolled-back.ts';
import { schedulesText } from './list.ts';

/** `orch show <dag>`: what a DAG is. */
export const show = defineCommand({
  examples: [
    { command: 'orch show pipeline', what: 'schedule, params and tasks' },
    { command: 'orch show pipeline --json', what: 'the canonical graph' },
  ],
  define: (command) => {
    command.argument('<dag>', 'the DAG');
  },
  run: async (context, _options, [dagId]) => {
    const declared = requireDag(await readDagFiles(context, String(dagId)), String(dagId));
    const back = (await rolledBackOf(context, [declared])).get(String(dagId));
    return tellDag(context, back === undefined ? declared : { ...declared, ...back.version }, back ?? null);
  },
});

/** `orch show` of a server: a DAG as new runs have it there. */
export const showThere: RemoteRun = async (context, server, _options, [dagId]) => {
  const { dag, back } = await dagOfServer(server, String(dagId));
  return tellDag(context, dag, back);
};

function tellDag(context: CommandContext, dag: FoundDag, back: RolledBack | null): number {
  if (context.flags.json) {
    const { file, graphHash, spec } = dag;
    const rolledBackTo = back?.version.versionNo ?? null;
    context.json({ dagId: spec.id, file, graphHash, rolledBackTo, spec });
    return EXIT.ok;
  }
  const parts = [headLines(context, dag, back), paramLines(context, dag.spec), taskLines(context, dag.spec)];
  context.print(
    parts
      .filter((lines) => lines.length > 0)
      .map((lines) => lines.join('\n'))
      .join('\n\n'),
  );
  return EXIT.ok;
}

function headLines(
  { style, host }: CommandContext,
  { spec, file }: FoundDag,
  back: RolledBack | null,
): string[] {
  const title = spec.title === undefined ? '' : `  ${tamed(spec.title)}`;
  const rows: [string, string][] = [
    ['file', file],
    ['schedule', schedulesText(spec)],
    ['runs at once', String(spec.maxActiveRuns ?? DAG_DEFAULTS.maxActiveRuns)],
    ['tasks at once', `${spec.maxActiveTasks ?? DAG_DEFAULTS.maxActiveTasks} in a run`],
  ];
  if (back !== null) rows.push(['version', rolledBackText(back)]);
  for (const { path, over } of spec.fanOuts ?? []) rows.push(['fan-out', `${path}, one per item of ${over}`]);
  if (spec.timeoutMs !== undefined) rows.push(['timeout', durationText(spec.timeoutMs)]);
  if (spec.owner !== undefined) rows.push(['owner', tamed(spec.owner)]);
  if (spec.tags !== undefined) rows.push(['tags', tamed(spec.tags.join(', '))]);
  const about = spec.description === undefined ? [] : [cutTo(tamed(spec.description), host.stdout.columns)];
  return [
    `${style.bold(spec.id)}${title}`,
    ...about,
    ...rows.map(([name, value]) => `  ${style.dim(name.padEnd(14))} ${value}`),
  ];
}

interface ParamRow {
  readonly name: string;
  readonly type: string;
  readonly value: string;
  readonly about: string;
}

function paramLines({ style, host }: CommandContext, spec: DagSpec): string[] {
  const properties = (spec.params?.properties ?? {}) as {
    readonly [name: string]: { readonly [key: string]: unknown };
  };
  const rows = Object.entries(properties).map(([name, schema]): ParamRow => {
    const value = schema.default === undefined ? 'required' : JSON.stringify(schema.default);
    return { name, type: String(schema.type ?? ''), value, about: tamed(String(schema.description ?? '')) };
  });
  if (rows.length === 0) return [];
  const columns = [
    { title: 'param', text: (row: ParamRow) => row.name },
    { title: 'type', text: (row: ParamRow) => row.type },
    { title: 'default', text: (row: ParamRow) => row.value, flex: true },
    { title: 'about', text: (row: ParamRow) => row.about, flex: true, paint: style.dim },
  ];
  return tableLines(columns, rows, tableWidth(host.stdout), style.dim);
}

function taskLines({ style, host }: CommandContext, spec: DagSpec): string[] {
  const columns = [
    { title: 'task', text: ({ path }: TaskSpec) => path },
    { title: 'does', text: actionText, flex: true },
    {
      title: 'after',
      text: (task: TaskSpec) => afterText(spec, task),
      flex: true,
    },
    { title: 'notes', text: (task: TaskSpec) => notesText(spec, task), paint: style.dim, flex: true },
  ];
  return tableLines(columns, spec.tasks, tableWidth(host.stdout), style.dim);
}

/** What a task waits for; tasks of the same fan-out by their last name. */
function afterText(spec: DagSpec, task: TaskSpec): string {
  const around = task.fanOut === undefined ? undefined : spec.fanOuts?.[task.fanOut];
  const prefix = around === undefined ? '' : `${around.path}.`;
  const paths = new Set([...Object.values(task.needs ?? {}), ...(task.after ?? [])]);
  const names = [...paths].map((path) => (path.startsWith(prefix) ? path.slice(prefix.length) : path));
  return names.join(', ') || '-';
}

function actionText({ action }: TaskSpec): string {
  if (action.kind === 'function') return action.ref.startsWith('#') ? 'inline function' : action.ref;
  if (action.kind === 'shell') {
    const line = typeof action.run === 'string' ? action.run.split('\n')[0] : action.run.join(' ');
    return tamed(`$ ${line ?? ''}`);
  }
  return action.kind === 'operator' ? action.operator : action.kind;
}

function notesText(spec: DagSpec, task: TaskSpec): string {
  const fanOut = task.fanOut === undefined ? undefined : spec.fanOuts?.[task.fanOut];
  const notes = [
    fanOut === undefined ? '' : 'per key',
    task.stage === undefined || task.path.endsWith(task.stage) ? '' : `stage ${task.stage}`,
    task.triggerRule ?? '',
    task.when === undefined ? '' : `when ${task.when}`,
    task.waitForDownstream ? 'waits for downstream of the run before' : '',
    task.dependsOnPast && !task.waitForDownstream ? 'depends on past' : '',
    task.latestOnly ? 'latest only' : '',
    task.critical ? 'critical' : '',
    task.teardown ? 'teardown' : '',
    task.retries?.max ? `${task.retries.max} retries` : '',
    task.pool === undefined ? '' : `pool ${task.pool}`,
    task.cache === undefined ? '' : cacheText(task.cache),
    task.produces === undefined ? '' : `produces ${task.produces.join(', ')}`,
  ];
  return notes.filter((note) => note !== '').join(', ');
}

function cacheText(cache: TaskSpec['cache']): string {
  return typeof cache === 'object' ? `cached for ${durationText(cache.ttlMs)}` : 'cached';
}
