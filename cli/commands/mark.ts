import { AppError } from '../../core/model/errors.ts';
import type { RunRecord } from '../../core/model/run.ts';
import type { Session } from '../../core/scheduler/session.ts';
import { valueOfAnswer } from '../answer-error.ts';
import { defineCommand } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { openSession } from '../engine.ts';
import { EXIT } from '../exit-code.ts';
import { findRun, RUN_ARGUMENT } from '../find-run.ts';
import { markSpan, marksHere, previewMarks } from '../mark-span.ts';
import { shortRunId } from '../render/run-name.ts';
import { userName } from '../user-name.ts';
import { withProject } from '../with-project.ts';

export interface MarkOptions {
  readonly past?: boolean;
  readonly future?: boolean;
  readonly dryRun?: boolean;
}

/** `orch mark <run> [task] success|failed`: sets a state by hand. */
export const mark = defineCommand<MarkOptions>({
  description:
    'Without a task the run itself is marked. What depends on a marked task goes on as if it had ended so; ' +
    'a mark gives it no output.',
  examples: [
    { command: "orch mark last 'symbol[SP500].clean' success", what: 'a task of one key' },
    { command: 'orch mark last compare failed', what: 'a task' },
    { command: 'orch mark 5f0c19b2a7e4 success', what: 'a whole run' },
    {
      command: 'orch mark last compare success --past -n',
      what: 'in which earlier runs it would be marked too',
    },
  ],
  define: (command) => {
    command
      .argument('<run>', RUN_ARGUMENT)
      .argument('<task|state>', 'the task, or the state of the run')
      .argument('[state]', 'success or failed');
    command
      .option('--past', 'the task in all finished runs of the DAG before this one too')
      .option('--future', 'the task in all finished runs of the DAG after this one too')
      .option('-n, --dry-run', 'list in which runs the task would be marked, and stop');
  },
  run: async (context, options, [name, second, third]) => {
    const { instance, state } = markOf(second, third);
    const { span, isWide } = markSpanOf(options, instance);
    return withProject(context, async (project) => {
      const { store } = project;
      const run = await findRun(store, String(name));
      if (instance !== null && options.dryRun === true)
        return previewMarks(context, marksHere(context, store, null), { run, instance, state, span });
      const session = await openSession(project);
      try {
        if (instance !== null && isWide)
          return await markSpan(context, marksHere(context, store, session), { run, instance, state, span });
        return await markOne(context, session, run, instance, state);
      } finally {
        await session.close();
      }
    });
  },
});

/** The state of a command line, and the task that gets it; `null`: the run. */
export function markOf(
  second: string | string[] | undefined,
  third: string | string[] | undefined,
): { readonly instance: string | null; readonly state: 'success' | 'failed' } {
  const state = third ?? second;
  if (state !== 'success' && state !== 'failed')
    throw new AppError('usage', `A state is set to 'success' or 'failed', not '${state}'.`);
  return { instance: third === undefined ? null : String(second), state };
}

/** In which runs the flags have a task be marked. @throws AppError `usage` if no task is named for them. */
export function markSpanOf({ past, future, dryRun }: MarkOptions, instance: string | null) {
  const span = { past: past === true, future: future === true };
  const isWide = span.past || span.future;
  if (instance === null && (isWide || dryRun === true))
    throw new AppError('usage', '--past, --future and -n are about a task: name one.');
  return { span, isWide };
}

/** Tells that a run or a task of it is marked. */
export function tellMarked(
  context: CommandContext,
  run: RunRecord,
  instance: string | null,
  state: string,
): number {
  if (context.flags.json) context.json({ runId: run.uid, instance, state });
  else context.print(`${instance ?? `Run ${shortRunId(run.uid)}`} is marked ${state}`);
  return EXIT.ok;
}

async function markOne(
  context: CommandContext,
  session: Session,
  run: RunRecord,
  instance: string | null,
  state: 'success' | 'failed',
): Promise<number> {
  const by = userName(context.host.env);
  const request =
    instance === null
      ? ({ type: 'markRun', runUid: run.uid, by, state } as const)
      : ({ type: 'markTask', runUid: run.uid, by, instance, state } as const);
  valueOfAnswer(await session.ask(request));
  return tellMarked(context, run, instance, state);
}
