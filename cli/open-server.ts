import { hasAdmin } from '../core/accounts/keep-accounts.ts';
import { createLogger, type Logger } from '../core/log/logger.ts';
import { AppError } from '../core/model/errors.ts';
import { logFile } from '../core/scheduler/paths.ts';
import type { Project } from '../core/scheduler/project.ts';
import { createApp } from '../server/app.ts';
import type { FirstLook } from '../server/first-look.ts';
import { addressOf, type Listening, listen } from '../server/listen.ts';
import { isLoopback } from '../server/loopback.ts';
import { servicesOf } from '../server/services.ts';
import type { CommandContext } from './context.ts';
import { countFlag } from './duration-flag.ts';
import { openSession } from './engine.ts';
import type { ServerOptions } from './server-flags.ts';

/**
 * Serves the HTTP API of a project and says where. `firstLook`: of the scheduler in the same process.
 *
 * @throws AppError `usage` for a place that is none, `conflict` for a port that is taken, and where everybody
 * has to log in while nobody can who may do everything.
 */
export async function openServer(
  context: CommandContext,
  project: Project,
  options: ServerOptions,
  firstLook: FirstLook | null = null,
): Promise<Listening> {
  const { server: config } = project.config;
  const host = options.host ?? config.host;
  const port = options.port === undefined ? config.port : countFlag('--port', options.port, 0);
  if (port > 65_535) throw new AppError('usage', `--port must be at most 65535, not '${port}'.`);
  const address = await addressOf(host);
  const isOpen = isLoopback(address) && !config.requireLogin;
  if (!isOpen) await requireAdmin(project, host);
  const session = await openSession(project, { onlyAsks: true });
  const services = servicesOf(project, session, firstLook);
  const listening = await listenOrClose();
  const { url } = listening;
  if (context.flags.json) context.json({ v: 1, type: 'server.listening', url }, 'event');
  else context.print(url);
  if (!isLoopback(address))
    context.say('Tokens and passwords go over the network as they are: have a proxy with TLS in front.');
  return {
    url,
    close: async () => {
      await listening.close();
      await session.close();
    },
  };

  async function listenOrClose(): Promise<Listening> {
    try {
      const { limits } = config;
      const app = createApp(services, { isOpen, limits, log: logOf(project) });
      return await listen(
        app,
        { address, port, requestTimeoutMs: limits.requestTimeoutMs },
        {
          close: () => {
            services.live.close();
            services.figures.close();
          },
        },
      );
    } catch (error) {
      await session.close();
      throw error;
    }
  }
}

/** A server to which nobody can log in who may let others in is a mistake, and looks like a broken one. */
async function requireAdmin({ store, clock, config }: Project, host: string): Promise<void> {
  if (await hasAdmin(store.accounts, clock.now())) return;
  const outside = [...(config.server.oidc?.roles.values() ?? [])];
  if (outside.some(({ dags, role }) => dags === '*' && role === 'admin')) return;
  throw new AppError(
    'conflict',
    `On ${host} everybody has to log in, and nobody can: there is no token and no user with role admin. ` +
      "Make one first: 'orch token create <name> --role admin' or 'orch user set <name> --role admin'.",
  );
}

function logOf({ config, stateDir, clock }: Project): Logger {
  const { level, maxBytes, keep } = config.log;
  const to = { path: logFile(stateDir), maxBytes, keep, clock };
  return createLogger({ level, to, bindings: { part: 'server' } });
}
