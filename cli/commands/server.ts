import { defineCommand } from '../command.ts';
import { EXIT } from '../exit-code.ts';
import { listenForInterrupts } from '../interrupts.ts';
import { openServer } from '../open-server.ts';
import { withProject } from '../with-project.ts';

/** `orch server`: the HTTP API, reading only, on the loopback address. */
export const server = defineCommand<{ port?: string }>({
  description: 'Reads what is stored and changes nothing. Listens on 127.0.0.1 only: there is no login.',
  examples: [
    { command: 'orch server', what: 'on port 7070' },
    { command: 'curl localhost:7070/api/v1/runs', what: 'the latest runs' },
  ],
  define: (command) => {
    command.option('--port <port>', 'another port; 0 takes a free one');
  },
  run: async (context, { port }) =>
    withProject(context, async (project) => {
      const listening = await openServer(context, project, port);
      await new Promise<void>((resolve) => {
        const interrupts = listenForInterrupts(process, () => {
          interrupts.release();
          resolve();
        });
      });
      await listening.close();
      return EXIT.ok;
    }),
});
