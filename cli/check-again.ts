import { ProjectWatch } from '../core/parsing/project-watch.ts';
import type { CommandContext } from './context.ts';
import { EXIT } from './exit-code.ts';
import { type Interrupt, listenForInterrupts } from './interrupts.ts';
import { clockText } from './render/time-text.ts';

/** Checks now and after every change of the files, until it is told to end; gives the exit code. */
export async function checkAgain(
  context: CommandContext,
  dir: string,
  check: () => Promise<unknown>,
): Promise<number> {
  let due = Promise.withResolvers<Interrupt | null>();
  const interrupts = listenForInterrupts(process, (kind) => due.resolve(kind));
  const watch = new ProjectWatch(dir, () => due.resolve(null));
  try {
    await watch.ready;
    for (;;) {
      await check();
      const now = clockText(context.host.clock.now());
      context.say(context.errStyle.dim(`${now} waits for changes; Ctrl-C ends it`));
      const ended = await due.promise;
      if (ended !== null) return ended === 'SIGINT' ? EXIT.interrupted : EXIT.terminated;
      due = Promise.withResolvers();
    }
  } finally {
    interrupts.release();
    await watch.close();
  }
}
