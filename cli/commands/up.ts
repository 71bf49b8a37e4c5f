import { defineCommand } from '../command.ts';
import { openServer } from '../open-server.ts';
import { runScheduler } from '../run-scheduler.ts';
import { withProject } from '../with-project.ts';

/** `orch up`: scheduler and HTTP API in one process. */
export const up = defineCommand<{ port?: string }>({
  description:
    'Runs every DAG by its schedule and serves runs, metrics and logs on 127.0.0.1. Takes up what is saved ' +
    'under dags/ and operators/. Ctrl-C lets running tasks end; a second one ends at once.',
  examples: [
    { command: 'orch up', what: 'in the foreground; every run is a line' },
    { command: 'orch up --port 8080', what: 'on another port' },
  ],
  define: (command) => {
    command.option('--port <port>', 'another port than 7070; 0 takes a free one');
  },
  run: (context, { port }) =>
    withProject(context, async (project) => {
      const server = await openServer(context, project, port);
      try {
        return await runScheduler(context, project);
      } finally {
        await server.close();
      }
    }),
});
