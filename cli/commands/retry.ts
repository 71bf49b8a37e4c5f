import { AppError } from '../../core/model/errors.ts';
import type { RunRecord } from '../../core/model/run.ts';
import { isRunFinished, type TaskState } from '../../core/model/states.ts';
import { readPools } from '../../core/scheduler/pools.ts';
import { previewRetry, type RetryChoice } from '../../core/scheduler/preview-retry.ts';
import type { Project } from '../../core/scheduler/project.ts';
import type { Session } from '../../core/scheduler/session.ts';
import type { Store } from '../../core/store/store.ts';
import { valueOfAnswer } from '../answer-error.ts';
import { collect, defineCommand } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { durationFlag } from '../duration-flag.ts';
import { openSession } from '../engine.ts';
import { EXIT } from '../exit-code.ts';
import { findRun, RUN_ARGUMENT } from '../find-run.ts';
import { followRun } from '../follow-run.ts';
import { requirePools } from '../pool-problems.ts';
import { counted } from '../render/counted.ts';
import { shortRunId } from '../render/run-name.ts';
import { glyph } from '../render/state-look.ts';
import { previewSpan, retriesHere, retrySpan } from '../retry-span.ts';
import { userName } from '../user-name.ts';
import { withProject } from '../with-project.ts';

export interface RetryOptions {
  readonly failed?: boolean;
  readonly all?: boolean;
  readonly task?: readonly string[];
  readonly upstream?: boolean;
  readonly downstream?: boolean;
  readonly past?: boolean;
  readonly future?: boolean;
  readonly latest?: boolean;
  readonly dryRun?: boolean;
  readonly detach?: boolean;
  readonly timeout?: string;
}

/** `orch retry <run>`: adds attempts to a run, or takes over one whose process is gone, and follows it. */
export const retry = defineCommand<RetryOptions>({
  description:
    'An unfinished run whose process is gone is taken over: what was done stays, the rest goes on.',
  examples: [
    { command: 'orch retry last', what: 'what failed and all after it; or go on with an interrupted run' },
    { command: "orch retry last --task 'symbol[SP500].clean' --downstream", what: 'a task and all after it' },
    { command: 'orch retry 5f0c19b2a7e4 --all', what: 'everything' },
    { command: 'orch retry last:pipeline', what: 'of the newest run of a DAG' },
    { command: 'orch retry last --latest', what: 'with the DAG and its code as the files are now' },
    { command: 'orch retry last --failed -n', what: 'only list what would run again' },
    {
      command: 'orch retry 5f0c19b2a7e4 --task clean --future -n',
      what: 'the task in all runs after this one too',
    },
  ],
  define: (command) => {
    command.argument('<run>', RUN_ARGUMENT);
    command
      .option('--failed', 'what failed, was cancelled or could not run, and all after it (the default)')
      .option('--task <task>', 'this task or instance; may be repeated', collect)
      .option('--upstream', 'with --task: and all before it')
      .option('--downstream', 'with --task: and all after it')
      .option('--all', 'the whole run')
      .option('--past', 'the same in all finished runs of the DAG before this one')
      .option('--future', 'the same in all finished runs of the DAG after this one')
      .option('--latest', 'with the newest version of the DAG, instead of the one that the run began with')
      .option('-n, --dry-run', 'list what would run again, and stop')
      .option('--timeout <duration>', 'wait at most this long, then exit 124');
  },
  run: async (context, options, [name]) => {
    const choice = choiceOf(options);
    const timeoutMs = options.timeout === undefined ? null : durationFlag('--timeout', options.timeout);
    const span = { past: options.past === true, future: options.future === true };
    const isWide = span.past || span.future;
    return withProject(context, async (project) => {
      if (options.dryRun === true) {
        const run = await findRun(project.store, String(name));
        if (isWide) return previewSpan(context, retriesHere(context, project, null), run, choice, span);
        return preview(context, project, run, choice);
      }
      const session = await openSession(project);
      try {
        // Read once it is known who leads: whether a run goes on or is tried again depends on it.
        const run = await findRun(project.store, String(name));
        const askedAt = context.host.clock.now();
        if (choice.latest) await requireNewest(project, run.dagId);
        const desk = retriesHere(context, project, session);
        if (isWide) return await retrySpan(context, desk, run, choice, span, timeoutMs);
        const how = await ask(context, session, run, choice);
        if (choice.latest) await tellVersion(context, project.store, run);
        return await followRun(context, {
          project,
          session,
          runNo: run.runNo,
          how,
          sinceAt: askedAt,
          timeoutMs,
        });
      } finally {
        await session.close();
      }
    });
  },
});

/** What the flags choose. */
export function choiceOf(options: RetryOptions): RetryChoice {
  const tasks = options.task ?? [];
  const kinds = [options.failed === true, options.all === true, tasks.length > 0].filter(Boolean);
  if (kinds.length > 1) throw new AppError('usage', 'Choose one of --failed, --task and --all.');
  const isNamed = tasks.length > 0;
  if (!isNamed && (options.upstream === true || options.downstream === true)) {
    throw new AppError('usage', '--upstream and --downstream widen --task: name a task.');
  }
  const select = isNamed ? 'tasks' : options.all === true ? 'all' : 'failed';
  return {
    select,
    tasks,
    upstream: options.upstream === true,
    downstream: options.downstream === true,
    latest: options.latest === true,
  };
}

/** Refuses a DAG file with mistakes, which are shown, and tasks that could never start. */
async function requireNewest(project: Project, dagId: string): Promise<void> {
  const { file, dag } = await project.library.load(dagId);
  requirePools({ file, spec: dag.spec }, await readPools(project));
}

async function tellVersion(context: CommandContext, store: Store, before: RunRecord): Promise<void> {
  const { versionNo } = (await store.run(before.runNo)) ?? before;
  context.say(
    versionNo === before.versionNo
      ? `Version ${versionNo} of DAG ${before.dagId} is the newest: the run has it already.`
      : `The run goes on with version ${versionNo} of DAG ${before.dagId}; it had ${before.versionNo}.`,
  );
}

/**
 * Asks for the retry; an unfinished run goes on instead. Whether it is interrupted only the process that
 * leads knows: one that has just begun has no runs but those asked for, any other one refuses its own.
 */
async function ask(
  { host }: CommandContext,
  session: Session,
  run: RunRecord,
  choice: RetryChoice,
): Promise<'resumed' | 'retried'> {
  const by = userName(host.env);
  const isOpen = !isRunFinished(run.state);
  const goesOn = isOpen && choice.select === 'failed';
  if (isOpen && (session.leading || goesOn)) {
    const isPlain = session.leading && !choice.latest;
    const takeOver = isPlain ? {} : { takeOver: { by, latest: choice.latest } };
    valueOfAnswer(await session.ask({ type: 'adopt', runUid: run.uid, ...takeOver }));
    if (goesOn) return 'resumed';
  }
  valueOfAnswer(await session.ask({ type: 'retry', runUid: run.uid, by, ...choice }));
  return 'retried';
}

async function preview(
  context: CommandContext,
  project: Project,
  run: RunRecord,
  choice: RetryChoice,
): Promise<number> {
  const { instances, moves } = await previewRetry(project, run.runNo, choice);
  if (context.flags.json) {
    const items = instances.map(({ taskId, key, state }) => ({ taskId, key, state }));
    context.json({ runId: run.uid, newVersion: moves, items });
    return EXIT.ok;
  }
  return tellRetried(context, run, instances, moves);
}

/** Tells what would run again. */
export function tellRetried(
  context: CommandContext,
  run: RunRecord,
  instances: readonly { readonly name: string; readonly state: TaskState }[],
  moves: boolean,
): number {
  const lines = instances.map(({ name, state }) => `  ${glyph(state, context.style)} ${name}`);
  const how = moves ? ', with the newest version of the DAG' : '';
  context.print(
    [
      `${counted(instances.length, 'task')} of run ${shortRunId(run.uid)} would run again${how}`,
      ...lines,
    ].join('\n'),
  );
  return EXIT.ok;
}
