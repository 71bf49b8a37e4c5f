import { AppError } from '../../core/model/errors.ts';
import { valueOfAnswer } from '../answer-error.ts';
import { defineCommand } from '../command.ts';
import { openSession } from '../engine.ts';
import { EXIT } from '../exit-code.ts';
import { findRun } from '../find-run.ts';
import { shortRunId } from '../render/run-name.ts';
import { userName } from '../user-name.ts';
import { withProject } from '../with-project.ts';

/** `orch mark <run> [task] success|failed`: sets a state by hand. */
export const mark = defineCommand({
  description:
    'Without a task the run itself is marked. What depends on a marked task goes on as if it had ended so; ' +
    'a mark gives it no output.',
  examples: [
    { command: "orch mark last 'symbol[SP500].clean' success", what: 'a task of one key' },
    { command: 'orch mark last compare failed', what: 'a task' },
    { command: 'orch mark 019ae3f2 success', what: 'a whole run' },
  ],
  define: (command) => {
    command
      .argument('<run>', "a run id, the beginning of one, or 'last'")
      .argument('<task|state>', 'the task, or the state of the run')
      .argument('[state]', 'success or failed');
  },
  run: async (context, _options, [name, second, third]) => {
    const state = third ?? second;
    if (state !== 'success' && state !== 'failed')
      throw new AppError('usage', `A state is set to 'success' or 'failed', not '${state}'.`);
    const instance = third === undefined ? null : String(second);
    return withProject(context, async (project) => {
      const run = await findRun(project.store, String(name));
      const session = await openSession(project);
      try {
        const by = userName(context.host.env);
        const request =
          instance === null
            ? ({ type: 'markRun', runUid: run.uid, by, state } as const)
            : ({ type: 'markTask', runUid: run.uid, by, instance, state } as const);
        valueOfAnswer(await session.ask(request));
      } finally {
        await session.close();
      }
      if (context.flags.json) context.json({ runId: run.uid, instance, state });
      else context.print(`${instance ?? `Run ${shortRunId(run.uid)}`} is marked ${state}`);
      return EXIT.ok;
    });
  },
});
