import { AppError } from '../../core/model/errors.ts';
import { valueOfAnswer } from '../answer-error.ts';
import { defineCommand, type RemoteRun } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { openSession } from '../engine.ts';
import { EXIT } from '../exit-code.ts';
import { userName } from '../user-name.ts';
import { withKeeper } from '../with-keeper.ts';
import { withProject } from '../with-project.ts';

/** `orch scheduler`: runs every DAG by its schedule until it is told to end; with a word it pauses all. */
export const scheduler = defineCommand<Record<string, never>>({
  description:
    'One process leads; others stand by and take over when it goes away. SIGTERM or Ctrl-C lets running ' +
    'tasks end and leaves the rest to the next leader; a second one ends at once. `pause`: nothing is ' +
    'started anywhere, whoever leads, until `resume`.',
  examples: [
    { command: 'orch scheduler', what: 'in the foreground; every run is a line' },
    { command: 'orch scheduler --json', what: 'with its events as JSON lines' },
    { command: 'orch scheduler pause', what: 'running tasks go on, nothing new is started' },
  ],
  define: (command) => {
    command.argument('[action]', 'pause or resume');
  },
  run: (context, _options, [action]) => {
    requireWord(action);
    if (action === undefined) return schedule(context);
    return withProject(context, async (project) => {
      const paused = action === 'pause';
      const session = await openSession(project, { warm: false });
      try {
        const by = userName(context.host.env);
        valueOfAnswer(await session.ask({ type: 'pauseScheduler', paused, by }));
        return tellPaused(context, paused);
      } finally {
        await session.close();
      }
    });
  },
});

function schedule(context: CommandContext): Promise<number> {
  return withKeeper(async (keeper) => {
    const { runScheduler } = await import('../run-scheduler.ts');
    return withProject(context, (project) => runScheduler(context, project, keeper));
  });
}

/** `orch scheduler pause` and `resume` of a server. */
export const schedulerThere: RemoteRun = async (context, server, _options, [action]) => {
  requireWord(action);
  if (action === undefined)
    throw new AppError(
      'usage',
      "'orch scheduler' runs on this machine: leave out --server, or say pause or resume.",
    );
  await server.call('controlScheduler', { body: { action: action as 'pause' | 'resume' } });
  return tellPaused(context, action === 'pause');
};

function requireWord(action: unknown): void {
  if (action !== undefined && action !== 'pause' && action !== 'resume')
    throw new AppError('usage', `'orch scheduler' takes pause or resume, not '${action}'.`);
}

function tellPaused(context: CommandContext, paused: boolean): number {
  if (context.flags.json) context.json({ paused });
  else context.print(paused ? 'nothing is started any more' : 'what is ready is started');
  return EXIT.ok;
}
