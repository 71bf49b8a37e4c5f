import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { AppError } from '../../core/model/errors.ts';
import { nearest } from '../../core/model/nearest.ts';
import type { Host } from '../context.ts';

/** A server that a name stands for. */
export interface ServerContext {
  readonly url: string;
  readonly token?: string;
  /** The token may go over HTTP without TLS to another machine. */
  readonly allowHttp?: true;
}

/** The servers that a user has named. */
export interface Contexts {
  /** The one of commands outside of a project; `null`: none. */
  readonly current: string | null;
  readonly contexts: { readonly [name: string]: ServerContext };
}

/** The file of the contexts of the user of a process. */
export function contextsFile({ env }: Host): string {
  const config = env.XDG_CONFIG_HOME ?? '';
  return join(config === '' ? join(env.HOME ?? homedir(), '.config') : config, 'orch', 'config.json');
}

/**
 * Reads the contexts of a user; none if there is no file.
 * @throws AppError `invalid` for a file that is none, `conflict` for one that others can read.
 */
export function readContexts(host: Host): Contexts {
  const file = contextsFile(host);
  if (!existsSync(file)) return { current: null, contexts: {} };
  if ((statSync(file).mode & 0o077) !== 0)
    throw new AppError('conflict', `Others can read ${file}, which may hold tokens: chmod 600 ${file}`);
  try {
    const { current = null, contexts } = JSON.parse(readFileSync(file, 'utf8')) as Partial<Contexts>;
    if (typeof contexts === 'object' && contexts !== null) return { current, contexts };
  } catch {
    // The message of the parser may show a part of the file, and so of a token.
  }
  throw new AppError('invalid', `${file} is no file of contexts.`);
}

/** Writes them so that nobody else can read them, and that a crash leaves the old ones or the new. */
export function writeContexts(host: Host, contexts: Contexts): void {
  const file = contextsFile(host);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const next = `${file}.new`;
  writeFileSync(next, `${JSON.stringify(contexts, null, 2)}\n`, { mode: 0o600 });
  chmodSync(next, 0o600);
  renameSync(next, file);
}

/** The context of a name. */
export function requireContext({ contexts }: Contexts, name: string): ServerContext {
  const found = Object.hasOwn(contexts, name) ? contexts[name] : undefined;
  if (found !== undefined) return found;
  const similar = nearest(name, Object.keys(contexts));
  const hint = similar === null ? "'orch context add' makes one." : `Did you mean '${similar}'?`;
  throw new AppError('not_found', `There is no context '${name}'. ${hint}`);
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/**
 * The address of a server as it is kept: without a slash at its end.
 * @throws AppError `usage` for what is no address of a server, or has a login or a query in it.
 */
export function serverUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new AppError('usage', 'The address of a server begins with https:// or http://.');
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    throw new AppError('usage', 'The address of a server has no login, no ? and no # in it.');
  return url.href.replace(/\/+$/, '');
}

/** Refuses to send a token over HTTP without TLS to another machine, unless the user has allowed it. */
export function requireSafe({ url, token, allowHttp }: ServerContext): void {
  const { protocol, hostname } = new URL(url);
  if (token === undefined || allowHttp || protocol === 'https:' || LOOPBACK.test(hostname)) return;
  throw new AppError(
    'usage',
    `The token would go to ${hostname} without TLS, readable on the way: use https://, or allow it with ` +
      '--allow-http.',
  );
}
