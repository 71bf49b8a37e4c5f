import { AppError } from '../../core/model/errors.ts';
import { isRunFinished } from '../../core/model/states.ts';
import { defineCommand } from '../command.ts';
import { durationFlag } from '../duration-flag.ts';
import { openSession } from '../engine.ts';
import { findRun, RUN_ARGUMENT } from '../find-run.ts';
import { followRun } from '../follow-run.ts';
import { shortRunId } from '../render/run-name.ts';
import { withProject } from '../with-project.ts';

/** `orch watch [run]`: follows a run from its beginning to its end. Looking never changes anything. */
export const watch = defineCommand<{ timeout?: string }>({
  examples: [
    { command: 'orch watch', what: 'the latest run' },
    { command: 'orch watch 5f0c19b2a7e4', what: "a run as 'orch runs' names it" },
    { command: 'orch watch last --json', what: 'as events' },
  ],
  define: (command) => {
    command.argument('[run]', RUN_ARGUMENT);
    command.option('--timeout <duration>', 'wait at most this long, then exit 124');
  },
  run: async (context, { timeout }, [name]) => {
    const timeoutMs = timeout === undefined ? null : durationFlag('--timeout', timeout);
    return withProject(context, async (project) => {
      const session = await openSession(project);
      try {
        // Only once it is known who leads: a run that ended under another leader is not taken for a lost one.
        const run = await findRun(project.store, name as string | undefined);
        if (session.leading && !isRunFinished(run.state)) {
          const id = shortRunId(run.uid);
          throw new AppError(
            'conflict',
            `Run ${id} is ${run.state}, but no process runs it. Go on with it: orch retry ${id}`,
          );
        }
        return await followRun(context, {
          project,
          session,
          runNo: run.runNo,
          how: 'watched',
          sinceAt: 0,
          timeoutMs,
        });
      } finally {
        await session.close();
      }
    });
  },
});
