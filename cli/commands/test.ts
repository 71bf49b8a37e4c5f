import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { startsAttempts, type TaskSpec } from '../../core/model/dag.ts';
import { AppError } from '../../core/model/errors.ts';
import type { Json } from '../../core/model/json.ts';
import { tasksInstead } from '../../core/model/no-such-task.ts';
import { collect, defineCommand } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { type FoundDag, readDagFiles, requireDag } from '../dag-files.ts';
import { EXIT } from '../exit-code.ts';
import { definePlanParams, type ParamOptions, paramInput } from '../param-flags.ts';
import { runParams } from '../params.ts';
import { logLineText } from '../render/log-line-text.ts';
import { spanText } from '../render/time-text.ts';
import { type LoneResult, type LoneTask, runLoneTask } from '../run-lone-task.ts';
import { taskKeys } from '../task-keys.ts';
import { withProject } from '../with-project.ts';

interface TestOptions extends ParamOptions {
  readonly input?: string;
  readonly key?: readonly string[];
}

/** `orch test <dag>.<task>`: one attempt of one task with inputs from a file. Nothing is stored. */
export const test = defineCommand<TestOptions>({
  description:
    'The output goes to stdout, the log to stderr. Upstream tasks do not run, and nothing is stored.',
  examples: [
    {
      command: 'orch test pipeline.symbol.clean --input raw.json --key SP500',
      what: 'inputs by name: { "raw": ... }',
    },
    {
      command: 'orch test market.venue.symbol.clean --key NYSE/SP500',
      what: 'a task of a fan-out inside a fan-out',
    },
    { command: 'orch test hello.count --input people.json', what: 'a task outside of fan-outs' },
  ],
  define: (command) => {
    command.argument('<dag.task>', 'the DAG and the path of the task');
    command
      .option('--input <file>', 'a JSON file with the inputs of the task by name')
      .option(
        '--key <key>',
        'the key of the fan-out around the task; also its item; A/x in nested ones',
        collect,
      );
    definePlanParams(command);
  },
  run: async (context, options, [name]) => {
    const [dagId = '', ...path] = String(name).split('.');
    const files = await readDagFiles(context, dagId);
    const dag = requireDag(files, dagId);
    const task = taskOf(dag, path.join('.'));
    const params = runParams(dag.spec, paramInput(options, context.host.cwd));
    const inputs = inputsOf(context, task, options.input);
    const result = await runLoneTask({
      projectDir: files.dir,
      dag,
      task,
      params,
      inputs,
      keys: taskKeys(dag.spec, task, options.key ?? []),
      clock: context.host.clock,
      ...(await givenTo(context, task)),
    });
    return tell(context, task, result);
  },
});

/** What the task declares; only then is the store of the project opened. */
async function givenTo(context: CommandContext, task: TaskSpec): Promise<Pick<LoneTask, 'given' | 'keyOf'>> {
  if (task.variables === undefined && task.connections === undefined) return {};
  const { valuesOf } = await import('../../core/scheduler/project.ts');
  return withProject(context, async (project) => ({
    given: await valuesOf(project).find(task),
    keyOf: (id) => project.keys.exported(id),
  }));
}

function taskOf({ spec }: FoundDag, path: string): TaskSpec {
  const found = spec.tasks.find((task) => task.path === path) ?? lastSegment(spec.tasks, path);
  if (found === undefined) {
    const instead = tasksInstead(
      path,
      spec.tasks.map((task) => task.path),
    );
    if (path === '') throw new AppError('usage', `Name a task of DAG ${spec.id}, <dag>.<task>: ${instead}`);
    throw new AppError('not_found', `DAG ${spec.id} has no task '${path}': ${instead}`);
  }
  if (!startsAttempts(found.action))
    throw new AppError('usage', `Task '${path}' runs nothing: it is decided by orch itself.`);
  return found;
}

function lastSegment(tasks: readonly TaskSpec[], name: string): TaskSpec | undefined {
  const found = tasks.filter((task) => task.path.endsWith(`.${name}`));
  return found.length === 1 ? found[0] : undefined;
}

function inputsOf(
  context: CommandContext,
  task: TaskSpec,
  file: string | undefined,
): { readonly [name: string]: Json } {
  const names = Object.keys(task.needs ?? {});
  if (file === undefined) return {};
  const value = jsonOf(context, file);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new AppError('invalid', `The inputs file ${file} must hold an object: input name -> value.`);
  const unknown = Object.keys(value).find((name) => !names.includes(name));
  if (unknown === undefined) return value as { readonly [name: string]: Json };
  throw new AppError(
    'invalid',
    `Task '${task.path}' has no input '${unknown}'. Its inputs: ${names.join(', ') || 'none'}.`,
  );
}

function jsonOf(context: CommandContext, file: string): unknown {
  let text: string;
  try {
    text = readFileSync(resolve(context.host.cwd, file), 'utf8');
  } catch (error) {
    throw new AppError('not_found', `Cannot read the inputs file ${file}.`, {}, error);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new AppError('invalid', `The inputs file ${file} is not JSON: ${why}`, {}, error);
  }
}

function tell(context: CommandContext, task: TaskSpec, result: LoneResult): number {
  const { outcome, durationMs, log, metrics } = result;
  const output =
    outcome.kind === 'success' && outcome.output !== undefined ? (JSON.parse(outcome.output) as Json) : null;
  const isGood = outcome.kind === 'success' || outcome.kind === 'skipped';
  const error = 'error' in outcome ? outcome.error : null;
  if (context.flags.json) {
    context.json({
      taskId: task.path,
      state: outcome.kind,
      durationMs,
      output,
      error,
      metrics,
      log: log.map(({ stream, text }) => ({ stream, text })),
    });
    return isGood ? EXIT.ok : EXIT.runFailed;
  }
  for (const line of log) context.say(logLineText(line, { name: null, time: false }, context.errStyle));
  for (const [name, value] of Object.entries(metrics))
    context.say(context.errStyle.dim(`metric ${name} = ${value}`));
  const why = error === null ? '' : `: ${error.message}`;
  const paint = isGood ? context.errStyle.good : context.errStyle.bad;
  context.say(`${paint(`${task.path}: ${outcome.kind}`)} in ${spanText(durationMs)}${why}`);
  if (outcome.kind === 'success' && outcome.output !== undefined)
    context.print(JSON.stringify(output, null, 2));
  return isGood ? EXIT.ok : EXIT.runFailed;
}
