import { defineCommand } from '../command.ts';
import type { UpOptions } from '../run-up.ts';
import { defineServer } from '../server-flags.ts';
import { withKeeper } from '../with-keeper.ts';

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
  run: (context, options) =>
    withKeeper(async (keeper) => {
      const { runUp } = await import('../run-up.ts');
      return runUp(keeper, context, options);
    }),
});
