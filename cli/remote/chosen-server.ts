import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../../core/model/errors.ts';
import type { CommandContext } from '../context.ts';
import { readContexts, requireContext, type ServerContext, serverUrl } from './contexts.ts';
import { readSecret } from './read-secret.ts';
import type { Server } from './server.ts';

/**
 * The server that a command line is for: of `--server`, or outside of a project of the context in use. `null`
 * for a command on this machine.
 */
export async function chosenServer(context: CommandContext): Promise<Server | null> {
  const { server, tokenStdin } = context.flags;
  if (server === undefined) {
    if (tokenStdin) throw new AppError('usage', '--token-stdin is about a server: name it with --server.');
    return serverInUse(context);
  }
  const named = namedServer(context, server);
  const token = tokenStdin ? await readSecret(context.host.stdin) : named.token;
  const { allowHttp } = context.flags;
  return serverOf({
    ...named,
    ...(token === undefined ? {} : { token }),
    ...(allowHttp ? { allowHttp: true } : {}),
  });
}

/** Most commands are for this machine: what speaks to a server is loaded for one. */
async function serverOf(context: ServerContext): Promise<Server> {
  const { Server } = await import('./server.ts');
  return new Server(context);
}

/** A context by its name; an address is a server without a token, unless a context has the same. */
function namedServer({ host }: CommandContext, text: string): ServerContext {
  const contexts = readContexts(host);
  if (!text.includes('://')) {
    const isName = Object.hasOwn(contexts.contexts, text) || !/[.:/]/.test(text);
    if (isName) return requireContext(contexts, text);
    throw new AppError(
      'usage',
      `'${text}' is no context; an address begins with https:// or http://: --server https://${text}`,
    );
  }
  const url = serverUrl(text);
  return Object.values(contexts.contexts).find((one) => one.url === url) ?? { url };
}

async function serverInUse({ host, flags }: CommandContext): Promise<Server | null> {
  const { directory } = flags;
  if (directory !== host.cwd) return null;
  if (['airflow.yaml', 'dags'].some((name) => existsSync(join(directory, name)))) return null;
  const contexts = readContexts(host);
  return contexts.current === null ? null : serverOf(requireContext(contexts, contexts.current));
}
