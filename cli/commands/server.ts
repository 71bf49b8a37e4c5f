import { createApp } from '../../server/app.ts';
import { listen } from '../../server/listen.ts';
import { defineCommand } from '../command.ts';
import { countFlag } from '../duration-flag.ts';
import { EXIT } from '../exit-code.ts';
import { listenForInterrupts } from '../interrupts.ts';
import { withProject } from '../with-project.ts';

const PORT_DEFAULT = 7070;

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
    withProject(context, async ({ store, stateDir }) => {
      const wanted = port === undefined ? PORT_DEFAULT : countFlag('--port', port, 0);
      const listening = await listen(createApp({ store, stateDir }), wanted);
      const { url } = listening;
      if (context.flags.json) context.json({ url });
      else context.print(`${url}/api/v1/runs`);
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
