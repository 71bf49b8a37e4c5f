import { AppError } from '../core/model/errors.ts';
import { ProjectWatch } from '../core/parsing/project-watch.ts';
import type { CommandContext } from './context.ts';
import { EXIT } from './exit-code.ts';
import { type Interrupt, listenForInterrupts } from './interrupts.ts';
import { clockText } from './render/time-text.ts';
import { reportError } from './report-error.ts';

/**
 * Checks now and after every change of the files, until it is told to end; gives the exit code. What the
 * check refuses may be mended like any other mistake.
 */
export async function checkAgain(
  context: CommandContext,
  dir: string,
  check: () => Promise<unknown>,
): Promise<number> {
  let due = Promise.withResolvers<void>();
  let ended = null as Interrupt | null;
  const interrupts = listenForInterrupts(process, (kind) => {
    ended = kind;
    due.resolve();
  });
  const watch = new ProjectWatch(
    dir,
    () => due.resolve(),
    ({ message }) => context.warn(`changes may not be noticed: ${message}`),
  );
  try {
    await watch.ready;
    for (;;) {
      try {
        await check();
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        reportError(context, error);
      }
      const now = clockText(context.host.clock.now());
      context.say(context.errStyle.dim(`${now} waits for changes; Ctrl-C ends it`));
      await due.promise;
      if (ended !== null) return ended === 'SIGINT' ? EXIT.interrupted : EXIT.terminated;
      due = Promise.withResolvers();
    }
  } finally {
    interrupts.release();
    await watch.close();
  }
}
