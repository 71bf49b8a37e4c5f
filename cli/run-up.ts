import type { SpareKeeper } from '../core/executors/keeper-process.ts';
import { FirstLook } from '../server/first-look.ts';
import type { CommandContext } from './context.ts';
import { openBrowser, opensBrowser } from './open-browser.ts';
import { openServer } from './open-server.ts';
import { runScheduler } from './run-scheduler.ts';
import type { ServerOptions } from './server-flags.ts';
import { withProject } from './with-project.ts';

/** The flags of `orch up`. */
export type UpOptions = ServerOptions & { readonly open?: boolean };

/**
 * Serves the API of a project and leads it as its scheduler, or stands by, until the process is told to end.
 * `keeper` becomes that of this process if it leads at once.
 *
 * @returns the exit code of the signal that ended it.
 */
export function runUp(keeper: SpareKeeper, context: CommandContext, options: UpOptions): Promise<number> {
  return withProject(context, async (project) => {
    const firstLook = new FirstLook();
    const server = await openServer(context, project, options, firstLook);
    const { host, flags } = context;
    if (opensBrowser(flags.json ? (options.open ?? false) : options.open, host, process.platform))
      openBrowser(server.url, process.platform, (why) =>
        context.warn(`the browser cannot be opened (${why}): open ${server.url} yourself`),
      );
    try {
      return await runScheduler(context, project, keeper, () => firstLook.end());
    } finally {
      await server.close();
    }
  });
}
