import { compileGraph, type Graph } from '../../core/graph/graph.ts';
import { requiredSelection } from '../../core/graph/required-selection.ts';
import type { DagSpec } from '../../core/model/dag.ts';
import { AppError } from '../../core/model/errors.ts';
import { defineCommand, type RemoteRun } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { readDagFiles, requireDag } from '../dag-files.ts';
import { countFlag } from '../duration-flag.ts';
import { EXIT } from '../exit-code.ts';
import { checkKeys, keysFromParams } from '../fan-out-keys.ts';
import { definePlanParams, type ParamOptions, paramInput } from '../param-flags.ts';
import { runParams } from '../params.ts';
import { planChanges } from '../plan-changes.ts';
import { type PlannedTask, planTasks } from '../plan-tasks.ts';
import { dagOfServer } from '../remote/dag-of-server.ts';
import { counted } from '../render/counted.ts';
import { tableLines, tableWidth } from '../render/table.ts';
import { type RolledBack, rolledBackOf, rolledBackText } from '../rolled-back.ts';
import { defineScope, type ScopeOptions, scopeOf } from '../scope-flags.ts';

const KEYS_SHOWN_MAX = 6;

interface PlanOptions extends ScopeOptions, ParamOptions {
  readonly exitCode?: boolean;
  readonly maxParallel?: string;
}

/**
 * `orch plan <dag>`: what a trigger with the same flags would run. `orch plan`: which DAGs the files would
 * change. Starts and stores nothing.
 */
export const plan = defineCommand<PlanOptions>({
  examples: [
    { command: 'orch plan', what: 'which DAGs changed since they were last stored' },
    { command: 'orch plan pipeline', what: 'everything a trigger would run, in order' },
    { command: 'orch plan pipeline --until backtest', what: 'up to a task or stage' },
    { command: 'orch plan pipeline --from kline --key SP500', what: 'one key, from a task on' },
  ],
  define: (command) => {
    command.argument('[dag]', 'the DAG; without one: which DAGs their files would change');
    defineScope(command);
    definePlanParams(command);
    command
      .option('--max-parallel <n>', 'tasks at once in this run')
      .option('--exit-code', 'exit 10 if anything would run or change, 0 if nothing');
  },
  run: async (context, options, [dagId]) => {
    if (dagId === undefined) return planChanges(context, options.exitCode === true);
    const declared = requireDag(await readDagFiles(context, String(dagId)), String(dagId));
    const back = (await rolledBackOf(context, [declared])).get(declared.spec.id);
    return planRun(context, (back?.version ?? declared).spec, back ?? null, options);
  },
});

/** `orch plan <dag>` of a server. */
export const planThere: RemoteRun<PlanOptions> = async (context, server, options, [dagId]) => {
  if (dagId === undefined)
    throw new AppError(
      'usage',
      "'orch plan' without a DAG compares the DAG files of this machine: name a DAG, or leave out --server.",
    );
  const { dag, back } = await dagOfServer(server, String(dagId));
  return planRun(context, dag.spec, back, options);
};

/** Tells what a trigger would run. */
function planRun(
  context: CommandContext,
  spec: DagSpec,
  back: RolledBack | null,
  options: PlanOptions,
): number {
  if (back !== null) context.say(`DAG ${spec.id} is ${rolledBackText(back)}.`);
  const graph = compileGraph(spec);
  const scope = scopeOf(options);
  const selected = requiredSelection(graph, scope);
  const params = runParams(spec, paramInput(options, context.host.cwd));
  const most = options.maxParallel;
  const maxParallel = most === undefined ? null : countFlag('--max-parallel', most);
  const keys = keysFromParams(graph, params);
  checkKeys(graph, selected, params, scope.keys);
  const tasks = planTasks(graph, selected, scope, params);
  const code = options.exitCode && tasks.some((task) => task.selected) ? EXIT.changes : EXIT.ok;
  if (context.flags.json) {
    context.json({
      dagId: spec.id,
      scope,
      params,
      maxParallel,
      ...countsOf(tasks),
      tasks: tasks.map(({ spec: _spec, ...task }) => task),
    });
    return code;
  }
  printPlan(context, headLine(graph, tasks, keys, maxParallel), tasks);
  return code;
}

function printPlan(context: CommandContext, head: string, tasks: readonly PlannedTask[]): void {
  const chosen = tasks.filter((task) => task.selected);
  const left = tasks.filter((task) => !task.selected);
  const columns = [
    {
      title: 'step',
      text: (task: PlannedTask) => String(task.level + 1),
      align: 'right' as const,
      paint: context.style.dim,
    },
    { title: 'task', text: (task: PlannedTask) => task.taskId },
    { title: 'times', text: (task: PlannedTask) => timesText(task), align: 'right' as const },
    { title: 'after', text: (task: PlannedTask) => task.after.join(', ') || '-', flex: true },
    { title: 'because', text: (task: PlannedTask) => task.because, paint: context.style.dim, flex: true },
  ];
  context.print(head);
  if (chosen.length > 0)
    context.print(
      `\n${tableLines(columns, chosen, tableWidth(context.host.stdout), context.style.dim).join('\n')}`,
    );
  if (left.length > 0)
    context.print(context.style.dim(`\nnot selected: ${left.map((task) => task.taskId).join(', ')}`));
}

function countsOf(tasks: readonly PlannedTask[]): {
  selected: number;
  notSelected: number;
  instances: number | null;
} {
  const chosen = tasks.filter((task) => task.selected);
  const unknown = chosen.some((task) => task.instances === null);
  const instances = unknown ? null : chosen.reduce((sum, task) => sum + (task.instances ?? 0), 0);
  return { selected: chosen.length, notSelected: tasks.length - chosen.length, instances };
}

function timesText({ instances }: PlannedTask): string {
  return instances === null ? 'per key' : `${instances}x`;
}

function headLine(
  graph: Graph,
  tasks: readonly PlannedTask[],
  keys: ReadonlyMap<string, readonly string[] | null>,
  maxParallel: number | null,
): string {
  const { selected, instances } = countsOf(tasks);
  const fanOuts = [...keys].flatMap(([path, list]) => (list === null ? [] : [keysText(path, list)]));
  const total =
    instances === null ? 'as many instances as keys come up' : counted(instances, 'task instance');
  const known = fanOuts.length === 0 ? '' : `\n${fanOuts.join('\n')}`;
  const most = maxParallel === null ? '' : `, ${maxParallel} at once at most`;
  return `${graph.spec.id}: ${selected} of ${tasks.length} tasks, ${total}${most}${known}`;
}

function keysText(path: string, keys: readonly string[]): string {
  const named = keys.slice(0, KEYS_SHOWN_MAX).join(', ');
  return `${counted(keys.length, 'key')} of ${path}: ${named}${keys.length > KEYS_SHOWN_MAX ? ', ...' : ''}`;
}
