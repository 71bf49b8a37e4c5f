import { AppError } from '../../core/model/errors.ts';
import type { RunRecord } from '../../core/model/run.ts';
import { isRunFinished } from '../../core/model/states.ts';
import type { Project } from '../../core/scheduler/project.ts';
import type { Session } from '../../core/scheduler/session.ts';
import { valueOfAnswer } from '../answer-error.ts';
import { collect, defineCommand } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { durationFlag } from '../duration-flag.ts';
import { openSession } from '../engine.ts';
import { EXIT } from '../exit-code.ts';
import { findRun } from '../find-run.ts';
import { followRun } from '../follow-run.ts';
import { counted } from '../render/counted.ts';
import { shortRunId } from '../render/run-name.ts';
import { glyph } from '../render/state-look.ts';
import { instancesToRetry, type RetryChoice } from '../retry-preview.ts';
import { userName } from '../user-name.ts';
import { withProject } from '../with-project.ts';

interface RetryOptions {
  readonly failed?: boolean;
  readonly all?: boolean;
  readonly task?: readonly string[];
  readonly upstream?: boolean;
  readonly downstream?: boolean;
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
    { command: 'orch retry 019ae3f2 --all', what: 'everything' },
    { command: 'orch retry last --failed -n', what: 'only list what would run again' },
  ],
  define: (command) => {
    command.argument('<run>', "a run id, the beginning of one, or 'last'");
    command
      .option('--failed', 'what failed, was cancelled or could not run, and all after it (the default)')
      .option('--task <task>', 'this task or instance; may be repeated', collect)
      .option('--upstream', 'with --task: and all before it')
      .option('--downstream', 'with --task: and all after it')
      .option('--all', 'the whole run')
      .option('-n, --dry-run', 'list what would run again, and stop')
      .option('--timeout <duration>', 'wait at most this long, then exit 124');
  },
  run: async (context, options, [name]) => {
    const choice = choiceOf(options);
    const timeoutMs = options.timeout === undefined ? null : durationFlag('--timeout', options.timeout);
    return withProject(context, async (project) => {
      if (options.dryRun === true)
        return preview(context, project, await findRun(project.store, String(name)), choice);
      const session = await openSession(project);
      try {
        // Read once it is known who leads: whether a run goes on or is tried again depends on it.
        const run = await findRun(project.store, String(name));
        const askedAt = context.host.clock.now();
        const how = await ask(context, session, run, choice);
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

function choiceOf(options: RetryOptions): RetryChoice {
  const tasks = options.task ?? [];
  const kinds = [options.failed === true, options.all === true, tasks.length > 0].filter(Boolean);
  if (kinds.length > 1) throw new AppError('usage', 'Choose one of --failed, --task and --all.');
  const isNamed = tasks.length > 0;
  if (!isNamed && (options.upstream === true || options.downstream === true)) {
    throw new AppError('usage', '--upstream and --downstream widen --task: name a task.');
  }
  const select = isNamed ? 'tasks' : options.all === true ? 'all' : 'failed';
  return { select, tasks, upstream: options.upstream === true, downstream: options.downstream === true };
}

/** Asks for the retry; an unfinished run goes on instead. */
async function ask(
  context: CommandContext,
  session: Session,
  run: RunRecord,
  choice: RetryChoice,
): Promise<'resumed' | 'retried'> {
  const id = shortRunId(run.uid);
  const isOpen = !isRunFinished(run.state);
  const goesOn = isOpen && choice.select === 'failed';
  if (isOpen && !session.leading && goesOn) {
    throw new AppError(
      'conflict',
      `Run ${id} is ${run.state} in another process. Follow it: orch watch ${id}`,
    );
  }
  if (isOpen && session.leading) {
    valueOfAnswer(await session.ask({ type: 'adopt', runUid: run.uid }));
    if (goesOn) return 'resumed';
  }
  const by = userName(context.host.env);
  valueOfAnswer(await session.ask({ type: 'retry', runUid: run.uid, by, ...choice }));
  return 'retried';
}

async function preview(
  context: CommandContext,
  project: Project,
  run: RunRecord,
  choice: RetryChoice,
): Promise<number> {
  const chosen = await instancesToRetry(project.store, run.runNo, choice);
  if (context.flags.json) {
    context.json({ runId: run.uid, items: chosen.map(({ taskId, key, state }) => ({ taskId, key, state })) });
    return EXIT.ok;
  }
  const lines = chosen.map(({ name, state }) => `  ${glyph(state, context.style)} ${name}`);
  context.print(
    [`${counted(chosen.length, 'task')} of run ${shortRunId(run.uid)} would run again`, ...lines].join('\n'),
  );
  return EXIT.ok;
}
