import { isLed } from '../../core/scheduler/is-led.ts';
import { defineCommand } from '../command.ts';
import { EXIT } from '../exit-code.ts';
import { listenForInterrupts } from '../interrupts.ts';
import { openServer } from '../open-server.ts';
import { defineServer, type ServerOptions } from '../server-flags.ts';
import { withProject } from '../with-project.ts';

/** Whatever this process makes is for its user alone. */
const PRIVATE_UMASK = 0o077;

/** `orch server`: the HTTP API without a scheduler. */
export const server = defineCommand<ServerOptions>({
  description:
    'Answers what is stored and keeps what is asked for; a scheduler decides it. On 127.0.0.1 nobody has ' +
    'to log in. On an address that other machines reach everybody has to, with a token or as a user.',
  examples: [
    { command: 'orch server', what: 'on port 7070' },
    { command: 'curl localhost:7070/api/v1/runs', what: 'the latest runs' },
    { command: 'orch token create me --role admin', what: 'before the server is opened to others' },
    { command: 'orch server --host 0.0.0.0', what: 'on all addresses of this machine' },
  ],
  define: defineServer,
  run: async (context, options) => {
    process.umask(PRIVATE_UMASK);
    return withProject(context, async (project) => {
      const listening = await openServer(context, project, options);
      if (!(await isLed(project)))
        context.say('No scheduler runs: nothing is decided until one does (orch scheduler).');
      await new Promise<void>((resolve) => {
        const interrupts = listenForInterrupts(process, () => {
          interrupts.release();
          resolve();
        });
      });
      await listening.close();
      return EXIT.ok;
    });
  },
});
