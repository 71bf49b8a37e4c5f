import type { SpareKeeper } from '../../core/executors/keeper-process.ts';
import { FirstLook } from '../../server/first-look.ts';
import { defineCommand } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { openBrowser, opensBrowser } from '../open-browser.ts';
import { defineServer, openServer, type ServerOptions } from '../open-server.ts';
import { runScheduler } from '../run-scheduler.ts';
import { withKeeper } from '../with-keeper.ts';
import { withProject } from '../with-project.ts';

type UpOptions = ServerOptions & { readonly open?: boolean };

/** `orch up`: scheduler and HTTP API in one process. */
export const up = defineCommand<UpOptions>({
  description:
    'Runs every DAG by its schedule and serves the HTTP API, by default on 127.0.0.1, where nobody has ' +
    'to log in. Takes up what is saved under dags/ and operators/. In a terminal on a desktop its page is ' +
    'opened in the browser. Ctrl-C lets running tasks end; a second one ends at once.',
  examples: [
    { command: 'orch up', what: 'in the foreground; every run is a line' },
    { command: 'orch up --port 8080', what: 'on another port' },
    { command: 'orch up --no-open', what: 'without a browser' },
  ],
  define: (command) => {
    defineServer(command);
    command
      .option('--open', 'open the page in the browser, wherever this runs')
      .option('--no-open', 'open nothing');
  },
  run: (context, options) => withKeeper((keeper) => upWith(keeper, context, options)),
});

function upWith(keeper: SpareKeeper, context: CommandContext, options: UpOptions): Promise<number> {
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
