import { defineCommand } from '../command.ts';
import { defineServer, openServer, type ServerOptions } from '../open-server.ts';
import { runScheduler } from '../run-scheduler.ts';
import { withProject } from '../with-project.ts';

/** `orch up`: scheduler and HTTP API in one process. */
export const up = defineCommand<ServerOptions>({
  description:
    'Runs every DAG by its schedule and serves the HTTP API, by default on 127.0.0.1, where nobody has ' +
    'to log in. Takes up what is saved under dags/ and operators/. Ctrl-C lets running tasks end; a ' +
    'second one ends at once.',
  examples: [
    { command: 'orch up', what: 'in the foreground; every run is a line' },
    { command: 'orch up --port 8080', what: 'on another port' },
  ],
  define: defineServer,
  run: (context, options) =>
    withProject(context, async (project) => {
      const server = await openServer(context, project, options);
      try {
        return await runScheduler(context, project);
      } finally {
        await server.close();
      }
    }),
});
