/**
 * How long the API takes to read a big store: `npm run bench:reads`. It fills a store with finished runs
 * (`--runs 100000 --tasks 10`) and one run with 10,000 keys, on SQLite or with `--store postgres` on a
 * PostgreSQL that it starts. First it prints the best and the median of each answer, alone, in milliseconds;
 * then it has another process ask by HTTP, `--rate 200` requests a second for `--seconds 20` whatever is
 * answered, and prints percentiles of the time from when a request was due to the end of its answer.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { Bell } from '../../core/scheduler/bell.ts';
import { openProject } from '../../core/scheduler/project.ts';
import { createApp } from '../../server/app.ts';
import { listen } from '../../server/listen.ts';
import { makeServices } from '../../server/services.ts';
import { startPostgres } from '../../test/postgres/embedded-postgres.ts';
import { fillHistory, uidOf } from './fill-history.ts';
import { askAll, percentile } from './load.ts';

const SAMPLES = 15;

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '100000' },
    tasks: { type: 'string', default: '10' },
    keys: { type: 'string', default: '10000' },
    store: { type: 'string', default: 'sqlite' },
    rate: { type: 'string', default: '200' },
    seconds: { type: 'string', default: '20' },
  },
});
const history = { runs: Number(values.runs), tasks: Number(values.tasks), keys: Number(values.keys) };

/** Every list and detail that the page and the command line ask for. */
function paths(): string[] {
  const some = Array.from({ length: 20 }, (_, at) => 1 + Math.floor((history.runs * at) / 20));
  const fanRun = `/api/v1/runs/${uidOf(history.runs + 1)}`;
  return [
    '/api/v1/dags',
    '/api/v1/dags/wide',
    '/api/v1/dags/wide/grid?runs=50',
    '/api/v1/dags/fan/grid',
    '/api/v1/dags/broad/grid?runs=50',
    '/api/v1/runs?limit=50',
    '/api/v1/runs?limit=50&dagId=wide&state=success',
    fanRun,
    `${fanRun}/task-instances?limit=50`,
    `${fanRun}/task-instances?limit=50&state=success`,
    `/api/v1/task-instances/${history.runs + 1}.5000`,
    ...some.map((run) => `/api/v1/runs/${uidOf(run)}`),
    ...some.map((run) => `/api/v1/runs/${uidOf(run)}/task-instances`),
    ...some.map((run) => `/api/v1/task-instances/${run}.3`),
  ];
}

async function measure(ask: (path: string) => Promise<unknown>, path: string): Promise<void> {
  const took: number[] = [];
  for (let sample = 0; sample < SAMPLES; sample++) {
    const begun = performance.now();
    await ask(path);
    took.push(performance.now() - begun);
  }
  took.sort((a, b) => a - b);
  const median = took[Math.floor(SAMPLES / 2)] as number;
  process.stdout.write(`${(took[0] as number).toFixed(1)} ${median.toFixed(1)} ${path}\n`);
}

/** What PostgreSQL does by itself within minutes of so many new rows. */
async function analyze(url: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  await client.query('vacuum analyze');
  await client.end();
}

const dir = mkdtempSync(join(tmpdir(), 'orch-reads-'));
const server = values.store === 'postgres' ? await startPostgres({ fsync: true }) : null;
if (server && 'unavailable' in server) throw new Error(server.unavailable);
const unlimited = {
  ORCH__SERVER__LIMITS__REQUESTS_PER_SECOND: '100000',
  ORCH__SERVER__LIMITS__BURST: '100000',
};
const env = server
  ? { ...unlimited, ORCH__STORE__KIND: 'postgres', ORCH__STORE__URL: server.url }
  : unlimited;
const project = await openProject(dir, { env });
try {
  const { store } = project;
  const lease = await store.tryLead();
  if (lease === null) throw new Error('somebody leads a new store');
  const begun = performance.now();
  await fillHistory(store, lease, history);
  const seconds = ((performance.now() - begun) / 1_000).toFixed(0);
  process.stdout.write(
    `${history.runs} runs of ${history.tasks} tasks on ${values.store}, made in ${seconds} s\n`,
  );
  if (server) await analyze(server.url);
  const ask = () => Promise.reject(new Error('nothing is asked'));
  const app = createApp(makeServices(project, new Bell(), ask));
  const get = async (path: string): Promise<void> => {
    const response = await app.request(`http://localhost${path}`);
    const text = await response.text();
    if (response.status !== 200) throw new Error(`${path}: ${text}`);
  };
  const all = paths();
  for (const path of all.slice(0, 11)) await measure(get, path);
  const listening = await listen(app, { address: '127.0.0.1', port: 0 });
  const rate = Number(values.rate);
  const took = await askAll({ url: listening.url, paths: all, rate, seconds: Number(values.seconds) });
  await listening.close();
  const [p50, p99, most] = [0.5, 0.99, 1].map((part) => percentile(took, part).toFixed(1));
  process.stdout.write(`${rate} requests a second: p50 ${p50} ms, p99 ${p99} ms, longest ${most} ms\n`);
  await lease.release();
} finally {
  await project.close();
  if (server) await server.stop();
  rmSync(dir, { recursive: true });
}
