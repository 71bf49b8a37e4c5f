import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { EventClient } from '../../test/server/event-client.ts';
import { emptyProject } from '../systems/orch-project.ts';

const BIN = join(import.meta.dirname, '../../cli/orch.js');
const CONFIG = 'server: { port: 0, limits: { requestsPerSecond: 100000, burst: 100000 } }\n';
/** A task that does nothing; ten of them make five rows. */
const task = (no: number): string => `  t${no}: { run: 'true'${no < 2 ? '' : `, after: [t${no - 2}]`} }\n`;
const TASKS = Array.from({ length: 10 }, (_, no) => task(no)).join('');
const DAG = `id: ten\nmaxActiveRuns: 1000\ntasks:\n${TASKS}`;

/** What a process has used. */
export interface Use {
  readonly cpuMs: number;
  readonly mib: number;
}

/** A scheduler with the API, in a process of its own. */
export interface ServedUp {
  readonly url: string;
  /** Starts a run; resolves once it is answered. */
  run(): Promise<void>;
  /** How long the list of runs takes to be answered, in milliseconds. */
  probe(): Promise<number>;
  token(): Promise<{ readonly tokenId: string; readonly secret: string }>;
  revoke(tokenId: string): Promise<void>;
  /** The numbers of the events after a line, once all runs have ended that were started since. */
  eventsAfter(seq: number): Promise<number[]>;
  use(): Use;
  close(): Promise<void>;
}

/** Starts `orch up` on a new project. */
export async function runUp(): Promise<ServedUp> {
  const project = emptyProject(CONFIG);
  writeFileSync(join(project.dir, 'dags', 'ten.yaml'), DAG);
  const child = spawn(process.execPath, [BIN, '-C', project.dir, 'up'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  let url = '';
  const lines = createInterface({ input: child.stdout });
  const ready = Promise.withResolvers<void>();
  lines.on('line', (line) => {
    url = /^(http:\/\/\S+?)\/?$/.exec(line)?.[1] ?? url;
    if (/ leads \d+ DAG/.test(line)) ready.resolve();
  });
  void ended.then(() => ready.reject(new Error('orch up has ended')));
  await ready.promise;
  const send = async (method: string, path: string, body?: object): Promise<Record<string, unknown>> => {
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.status === 204 ? {} : ((await response.json()) as Record<string, unknown>);
  };
  let started = 0;
  return {
    get url() {
      return url;
    },
    run: async () => {
      started++;
      await send('POST', '/dags/ten/runs', {});
    },
    probe: async () => {
      const begun = performance.now();
      await send('GET', '/runs?limit=50');
      return performance.now() - begun;
    },
    token: async () => {
      const grants = [{ dags: '*', role: 'viewer' }];
      const { token, secret } = await send('POST', '/tokens', { name: 'swarm', grants });
      return { tokenId: (token as { tokenId: string }).tokenId, secret: secret as string };
    },
    revoke: async (tokenId) => void (await send('DELETE', `/tokens/${tokenId}`)),
    eventsAfter: async (seq) => {
      const client = await EventClient.open(`${url}/api/v1/events?after=${seq}`);
      const ids: number[] = [];
      let open = started;
      await client.until(({ id, event, data }) => {
        ids.push(Number(id));
        if (event === 'run.changed' && data['to'] === 'success') open--;
        return open === 0;
      });
      await client.close();
      started = 0;
      return ids;
    },
    use: () => useOf(child.pid as number),
    close: async () => {
      child.kill('SIGTERM');
      await ended;
      project.remove();
    },
  };
}

/** CPU time and resident memory; reads /proc. */
function useOf(pid: number): Use {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const kib = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return { cpuMs: (Number(fields[11]) + Number(fields[12])) * 10, mib: Number(kib) / 1024 };
}
