import type { SpareKeeper } from '../../core/executors/keeper-process.ts';
import { seemsLed } from '../../core/scheduler/is-led.ts';
import { readPools } from '../../core/scheduler/pools.ts';
import { defineCommand } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { type DagFiles, readDagFiles, requireDag } from '../dag-files.ts';
import { durationFlag } from '../duration-flag.ts';
import { loadEngine } from '../engine.ts';
import { EXIT } from '../exit-code.ts';
import { findRun } from '../find-run.ts';
import { definePlanParams } from '../param-flags.ts';
import { requirePools } from '../pool-problems.ts';
import { rememberDags } from '../remember-dags.ts';
import { shortRunId } from '../render/run-name.ts';
import { dagInForce } from '../rolled-back.ts';
import { type RunOptions, runHere, wantedRun } from '../run-here.ts';
import { defineScope } from '../scope-flags.ts';
import { withKeeper } from '../with-keeper.ts';
import { withProject } from '../with-project.ts';

export interface TriggerOptions extends RunOptions {
  readonly detach?: boolean;
  readonly timeout?: string;
  readonly fromRun?: string;
}

/** `orch trigger <dag>`: runs a DAG or a part of it and follows it to the end. */
export const trigger = defineCommand<TriggerOptions>({
  description: 'An unfinished run with the same scope and params whose process is gone is resumed.',
  examples: [
    { command: 'orch trigger pipeline', what: 'run everything and follow it' },
    { command: 'orch trigger pipeline --until backtest', what: 'up to a task or stage' },
    { command: 'orch trigger pipeline --until kline --key SP500', what: 'for one key' },
    { command: 'orch trigger pipeline -p symbols=AAPL,MSFT -p fast=10', what: 'with other params' },
    { command: 'orch trigger pipeline --json | tail -1', what: 'the result for a program' },
  ],
  define: (command) => {
    command.argument('<dag>', 'the DAG');
    defineScope(command);
    definePlanParams(command);
    command
      .option('--from-run <run>', 'take the outputs of tasks outside the scope from this run')
      .option('--max-parallel <n>', 'tasks at once in this run')
      .option('--priority <level>', 'low, normal, high or urgent; absent: as its tasks say')
      .option('--new', 'start anew even if an interrupted run could be resumed')
      .option('--no-cache', 'run what is cached too; its successes are kept for later runs')
      .option('--detach', 'let it run in the background and print its id')
      .option('--timeout <duration>', 'wait at most this long, then exit 124')
      .option('--run-uid <uid>', 'the id of the run: asking twice gives one run');
  },
  run: (context, options, [dagId]) =>
    withKeeper((keeper) => triggerWith(keeper, context, options, String(dagId)), 'later'),
});

async function triggerWith(
  keeper: SpareKeeper,
  context: CommandContext,
  options: TriggerOptions,
  dagId: string,
): Promise<number> {
  const isDetached = options.detach === true;
  const files = await readDagFiles(context, dagId, (stateDir) => {
    if (!isDetached && !seemsLed(stateDir)) keeper.start();
    loadEngine();
  });
  const declared = requireDag(files, dagId);
  rememberDags(files, 'some');
  const timeoutMs = options.timeout === undefined ? null : durationFlag('--timeout', options.timeout);
  return withProject(context, async (project) => {
    const dag = await dagInForce(project.store, declared);
    requirePools(dag, await readPools(project));
    const wanted = wantedRun(context, dag, options);
    if (isDetached) return detach(context, files, wanted.runUid);
    const inputsFrom =
      options.fromRun === undefined ? null : (await findRun(project.store, options.fromRun)).uid;
    return runHere(context, project, { ...wanted, inputsFrom }, { timeoutMs, keeper });
  });
}

async function detach(context: CommandContext, files: DagFiles, runUid: string): Promise<number> {
  const { detachRun } = await import('../detach-run.ts');
  await detachRun(context, files.dir, runUid);
  if (context.flags.json) context.json({ runId: runUid });
  else context.print(runUid);
  context.say(`It runs in the background. Follow it: orch watch ${shortRunId(runUid)}`);
  return EXIT.ok;
}
