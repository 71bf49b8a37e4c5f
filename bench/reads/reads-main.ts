/**
 * How long the API takes to read a big store: `npm run bench:reads`. It fills a store with finished runs
 * (`--runs 100000 --tasks 10`), one run with 10,000 keys and `--queue 100000` ad-hoc tasks, on SQLite or
 * with `--store postgres` on a PostgreSQL that it starts, which with `--analyze` has made its statistics.
 * Another process asks by HTTP, `--rate 200` requests a second for `--seconds 20` whatever is answered. It
 * prints for each kind of request the best time of it alone, without HTTP, its CPU time, and percentiles of
 * the time from when a request was due to the end of its answer, in milliseconds; then what a request costs
 * in CPU time; with `--make` also what an ad-hoc task costs who makes it, and without the indexes of the
 * queue or its tally.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Bell } from '../../core/scheduler/bell.ts';
import { openProject } from '../../core/scheduler/project.ts';
import { createApp } from '../../server/app.ts';
import { listen } from '../../server/listen.ts';
import { makeServices } from '../../server/services.ts';
import { startPostgres } from '../../test/postgres/embedded-postgres.ts';
import { childrenCpuMs } from '../children-cpu.ts';
import { table } from '../table.ts';
import { postgresStatements, sqliteStatements } from './copy-runs.ts';
import { fillHistory } from './fill-history.ts';
import { askAll, percentile, type Took } from './load.ts';
import { makeCost } from './make-cost.ts';
import { uidOf } from './past-runs.ts';

const WARM_UP = 5;
const SAMPLES = 15;
/** What spreads requests over a round, so that dear ones do not follow each other. */
const SPREAD = (Math.sqrt(5) - 1) / 2;

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '100000' },
    tasks: { type: 'string', default: '10' },
    keys: { type: 'string', default: '10000' },
    queue: { type: 'string', default: '100000' },
    store: { type: 'string', default: 'sqlite' },
    analyze: { type: 'boolean', default: false },
    rate: { type: 'string', default: '200' },
    seconds: { type: 'string', default: '20' },
    make: { type: 'boolean', default: false },
  },
});
const history = {
  ...{ runs: Number(values.runs), tasks: Number(values.tasks) },
  ...{ keys: Number(values.keys), queue: Number(values.queue) },
};

/** Every kind of list and detail that the page and the command line ask for, and some of each. */
function kinds(): ReadonlyMap<string, readonly string[]> {
  const some = Array.from({ length: 20 }, (_, at) => 1 + Math.floor((history.runs * at) / 20));
  const fanRun = `/runs/${uidOf(history.runs + 1)}`;
  return new Map([
    ['DAGs', ['/dags']],
    ['a DAG', ['/dags/wide']],
    [`grid, ${history.tasks} tasks x 50 runs`, ['/dags/wide/grid?runs=50']],
    ['grid, 200 tasks x 50 runs', ['/dags/broad/grid?runs=50']],
    [`grid, ${history.keys} keys`, ['/dags/fan/grid']],
    ['runs', ['/runs?limit=50']],
    ['runs of a DAG and state', ['/runs?limit=50&dagId=wide&state=success']],
    ['runs of a rare state', ['/runs?limit=50&state=failed']],
    ['runs since an instant', ['/runs?limit=50&since=2030-01-01T00:00:00Z']],
    ['a run', some.map((run) => `/runs/${uidOf(run)}`)],
    ['instances of a run', some.map((run) => `/runs/${uidOf(run)}/task-instances`)],
    ['journal of a run', some.map((run) => `/runs/${uidOf(run)}/journal`)],
    ['an instance', some.map((run) => `/task-instances/${run}.3`)],
    [`a run of ${history.keys} keys`, [fanRun]],
    ['50 of its instances', [`${fanRun}/task-instances?limit=50`]],
    ['50 of those in a state', [`${fanRun}/task-instances?limit=50&state=success`]],
    ['one of them', [`/task-instances/${history.runs + 1}.${history.keys}`]],
    ['figures of a DAG', ['/dags/wide/stats']],
    ['why a DAG', ['/dags/type1/why']],
    ['pools', ['/pools']],
    ...[
      ...[
        '/tasks',
        '/tasks?type=type1',
        '/tasks?state=failed',
        '/tasks?state=queued',
        '/tasks?createdBy=eve',
      ],
      ...['/tasks?sort=name', '/tasks?sort=startedAt', '/tasks?sort=-priority&type=type1'],
      ...['/tasks/search?q=nothing', '/tasks/history', '/tasks/statistics', '/queue/stats'],
    ].map((path): [string, string[]] => [path.slice(1), [path]]),
  ]);
}

/** A request by itself: its best time, and its CPU time, of the server and the database. */
interface Alone {
  readonly ms: number;
  readonly cpuMs: number;
}

async function askAlone(ask: (path: string) => Promise<unknown>, path: string): Promise<Alone> {
  let ms = Number.POSITIVE_INFINITY;
  for (let sample = 0; sample < WARM_UP; sample++) await ask(path);
  const before = cpuMs();
  for (let sample = 0; sample < SAMPLES; sample++) {
    const begun = performance.now();
    await ask(path);
    ms = Math.min(ms, performance.now() - begun);
  }
  const after = cpuMs();
  return { ms, cpuMs: (after.server - before.server + after.database - before.database) / SAMPLES };
}

function cpuMs(): { readonly server: number; readonly database: number } {
  const { user, system } = process.cpuUsage();
  return { server: (user + system) / 1_000, database: childrenCpuMs() };
}

function row(name: string, alone: Alone | null, took: readonly number[]): string[] {
  // With few requests a kind may have had none.
  const shown = [0.5, 0.99, 1].map((part) => (took.length === 0 ? '' : percentile(took, part).toFixed(1)));
  return [name, alone?.ms.toFixed(1) ?? '', alone?.cpuMs.toFixed(1) ?? '', ...shown, String(took.length)];
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
const statements = server
  ? await postgresStatements(server.url)
  : sqliteStatements(join(project.stateDir, 'orch.db'));
try {
  const { store } = project;
  const begun = performance.now();
  const lease = await fillHistory(store, statements, history);
  const filled = ((performance.now() - begun) / 1_000).toFixed(0);
  process.stdout.write(
    `${history.runs} runs of ${history.tasks} tasks on ${values.store}, made in ${filled} s\n`,
  );
  if (values.analyze) await statements.run(server ? 'vacuum analyze' : 'analyze');
  const ask = () => Promise.reject(new Error('nothing is asked'));
  const app = createApp(makeServices(project, new Bell(), ask));
  const get = async (path: string): Promise<void> => {
    const response = await app.request(`http://localhost/api/v1${path}`);
    const text = await response.text();
    if (response.status !== 200) throw new Error(`${path}: ${text}`);
  };
  const all = kinds();
  const alone = new Map<string, Alone>();
  for (const [kind, [path]] of all) alone.set(kind, await askAlone(get, path as string));
  const listed = [...all].flatMap(([kind, of]) => of.map((path) => [kind, path] as const));
  const asked = listed
    .map((one, at) => ({ one, place: (at * SPREAD) % 1 }))
    .sort((a, b) => a.place - b.place)
    .map(({ one }) => one);
  const paths = asked.map(([, path]) => path);
  const listening = await listen(app, { address: '127.0.0.1', port: 0 });
  const rate = Number(values.rate);
  const seconds = Number(values.seconds);
  const before = cpuMs();
  const took = await askAll({ url: `${listening.url}/api/v1`, paths, rate, seconds });
  const after = cpuMs();
  await listening.close();
  const byKind = Map.groupBy(took, ({ path }) => asked[path]?.[0] as string);
  const msOf = (some: readonly Took[]): number[] => some.map(({ ms }) => ms);
  const rows = [...all.keys()].map((kind) =>
    row(kind, alone.get(kind) as Alone, msOf(byKind.get(kind) ?? [])),
  );
  const head = ['request', 'alone', 'CPU', 'p50', 'p99', 'longest', 'requests'];
  process.stdout.write(`${table(head, [...rows, row('all', null, msOf(took))])}\n`);
  const cost = (part: 'server' | 'database') => ((after[part] - before[part]) / took.length).toFixed(2);
  process.stdout.write(
    `${rate} a second, load of the machine ${loadavg()[0]?.toFixed(1)}; CPU a request: ` +
      `${cost('server')} ms${server ? ` and ${cost('database')} of PostgreSQL` : ''}\n`,
  );
  if (values.make) {
    const { whole, indexes, tally } = await makeCost(store, lease, statements);
    const shown = [whole, indexes, tally].map((us) => us.toFixed(0));
    const without = `without the indexes of the queue ${shown[1]}, without its tally ${shown[2]}`;
    process.stdout.write(`CPU for each ad-hoc task that is made: ${shown[0]} us, ${without}\n`);
  }
  await lease.release();
} finally {
  await statements.close();
  await project.close();
  if (server) await server.stop();
  rmSync(dir, { recursive: true });
}
