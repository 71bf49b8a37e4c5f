import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** A Redis of our own: on the loopback, on a free port, in a folder that goes away with it. */
export interface RedisServer {
  readonly port: number;
  stop(): Promise<void>;
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

/** Starts the installed `redis-server`, or says why that is not possible here. */
export async function startRedis(): Promise<RedisServer | { readonly unavailable: string }> {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'orch-bench-redis-'));
  const append = ['--appendonly', 'yes', '--appendfsync', 'everysec', '--save', ''];
  const flags = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, ...append];
  const server = spawn('redis-server', [...flags, '--maxmemory-policy', 'noeviction'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = once(server, 'close').catch(() => undefined);
  const ready = (async () => {
    for await (const line of createInterface({ input: server.stdout })) {
      if (/ready to accept connections/i.test(line)) return true;
    }
    return false;
  })();
  const failed = once(server, 'error').then(() => false);
  if (!(await Promise.race([ready, failed]).catch(() => false))) {
    rmSync(folder, { recursive: true, force: true });
    return { unavailable: 'redis-server is not installed (on Debian: apt-get install redis-server)' };
  }
  server.stdout.resume();
  const kill = (): void => {
    server.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', kill);
  return {
    port,
    async stop() {
      process.off('exit', kill);
      server.kill('SIGTERM');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
