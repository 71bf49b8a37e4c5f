import type { Project } from '../core/scheduler/project.ts';
import { createApp } from '../server/app.ts';
import { type Listening, listen } from '../server/listen.ts';
import { servicesOf } from '../server/services.ts';
import type { CommandContext } from './context.ts';
import { countFlag } from './duration-flag.ts';
import { openSession } from './engine.ts';

const PORT_DEFAULT = 7070;

/**
 * Serves the HTTP API of a project and says where.
 *
 * @throws AppError `usage` for a port that is none, `conflict` for one that is taken.
 */
export async function openServer(
  context: CommandContext,
  project: Project,
  port: string | undefined,
): Promise<Listening> {
  const wanted = port === undefined ? PORT_DEFAULT : countFlag('--port', port, 0);
  const session = await openSession(project, { onlyAsks: true });
  const services = servicesOf(project, session);
  const listening = await listen(createApp(services), wanted, services.live);
  const { url } = listening;
  if (context.flags.json) context.json({ v: 1, type: 'server.listening', url }, 'event');
  else context.print(`${url}/api/v1/runs`);
  return {
    url,
    close: async () => {
      await listening.close();
      await session.close();
    },
  };
}
