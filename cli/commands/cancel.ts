import type { RunRecord } from '../../core/model/run.ts';
import type { RunView } from '../../core/store/run-view.ts';
import { valueOfAnswer } from '../answer-error.ts';
import { defineCommand } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { openSession } from '../engine.ts';
import { EXIT } from '../exit-code.ts';
import { findRun, RUN_ARGUMENT } from '../find-run.ts';
import { shortRunId } from '../render/run-name.ts';
import { countsText } from '../render/run-summary.ts';
import { userName } from '../user-name.ts';
import { withProject } from '../with-project.ts';

export interface CancelOptions {
  readonly kill?: boolean;
  readonly wait?: boolean;
}

/** `orch cancel <run>`: stops a run, wherever it runs, and waits until nothing of it lives. */
export const cancel = defineCommand<CancelOptions>({
  description: 'Running tasks get a signal and their grace period to end; --kill leaves out the grace.',
  examples: [
    { command: 'orch cancel last', what: 'the latest run' },
    { command: 'orch cancel 5f0c19b2a7e4 --kill', what: 'at once' },
  ],
  define: (command) => {
    command.argument('<run>', RUN_ARGUMENT);
    command
      .option('--kill', 'end running tasks without grace')
      .option('--no-wait', 'do not wait until they have ended');
  },
  run: async (context, options, [name]) =>
    withProject(context, async (project) => {
      const run = await findRun(project.store, String(name));
      const session = await openSession(project);
      try {
        const type = options.kill === true ? 'kill' : 'cancel';
        valueOfAnswer(await session.ask({ type, runUid: run.uid, by: userName(context.host.env) }));
        let last: RunView | null = null;
        if (options.wait !== false || session.leading) {
          for await (const update of session.watch(run.runNo))
            if (update.type === 'ended') last = update.view;
        }
        return tellCancelled(context, run, last);
      } finally {
        await session.close();
      }
    }),
});

/** Tells how a run stands that was cancelled; `last` is its end, as far as that was waited for. */
export function tellCancelled(context: CommandContext, run: RunRecord, last: RunView | null): number {
  const state = last?.run.state ?? 'cancelling';
  const counts = last === null ? '' : `: ${countsText(last.counts)}`;
  if (context.flags.json)
    context.json({ runId: run.uid, state, ...(last === null ? {} : { counts: last.counts }) });
  else context.print(`Run ${shortRunId(run.uid)} of ${run.dagId} is ${state}${counts}`);
  return EXIT.ok;
}
