import { type Static, Type } from 'typebox';
import { AppError } from '../../core/model/errors.ts';
import { upcomingRuns } from '../../core/planner/upcoming.ts';
import { healthOf, readLoop } from '../../core/scheduler/health.ts';
import { reportInForce } from '../../core/scheduler/report-in-force.ts';
import type { DagRecord, Store } from '../../core/store/store.ts';
import { scheduleWords } from '../../core/timetables/schedule-words.ts';
import { askLeader } from '../ask-leader.ts';
import { readCursor, writeCursor } from '../cursor.ts';
import { readLeader } from '../read-leader.ts';
import { API, type Route, route } from '../route.ts';
import { Job, SchedulerMetrics, SchedulerStatus, SystemHealth, Worker } from '../schemas/scheduler.ts';
import { DagId, exact, limitOf, oneOf, PAGING, pageOf } from '../schemas/words.ts';
import type { Services } from '../services.ts';
import { readHealth } from '../system-health.ts';
import { instant } from '../views.ts';

const tag = 'scheduler';
/** Runs that a success rate is of. */
const RATED_RUNS = 100;
/** The one pool of runners of a scheduler. */
const WORKER_ID = 'leader';
const ACTIONS = ['start', 'stop', 'restart', 'pause', 'resume'] as const;

async function statusOf(services: Services): Promise<Static<typeof SchedulerStatus>> {
  const { store, clock } = services;
  const [facts, pause, report, leader] = await Promise.all([
    readLoop(store, clock),
    store.operations.facts.pause(),
    reportInForce(store),
    readLeader(store),
  ]);
  const health = healthOf(facts);
  const state = health.state !== 'ok' ? health.state : pause === null ? 'running' : 'paused';
  const said = {
    'no leader': 'No scheduler runs: nothing is started until one does.',
    stalled: 'The process that leads does not get on.',
    paused: `Nothing is started: ${pause?.by} has paused the scheduler.`,
    running: 'The scheduler runs.',
  } as const;
  return {
    state,
    text: said[state],
    paused: pause === null ? null : { by: pause.by, since: instant(pause.at) },
    leader,
    slots: report === null ? null : { limit: report.slots, used: report.busy },
    reportedAt: instant(report?.at ?? null),
  };
}

const status = route('get', `${API}/scheduler/status`, {
  id: 'getSchedulerStatus',
  tag,
  summary: 'Whether the scheduler runs, who leads, and whether it is paused',
  role: 'viewer',
  answer: SchedulerStatus,
  handle: async (services, { access }) => {
    access.requireGlobal();
    return statusOf(services);
  },
});

const metrics = route('get', `${API}/scheduler/metrics`, {
  id: 'getSchedulerMetrics',
  tag,
  summary: 'What the scheduler has to do, and how fast it decides',
  role: 'viewer',
  answer: SchedulerMetrics,
  handle: async ({ store, clock }, { access }) => {
    access.requireGlobal();
    const { tally } = store.operations;
    const [report, today, active, { oldestRequestMs }] = await Promise.all([
      reportInForce(store),
      tally.today(clock.now()),
      tally.active(),
      readLoop(store, clock),
    ]);
    const turns = report?.loop.counts.reduce((sum, count) => sum + count, 0) ?? 0;
    return {
      reportedAt: instant(report?.at ?? null),
      activeTasks: active,
      pendingTasks: report?.pending ?? null,
      runs: report?.runs ?? null,
      completedTasksToday: today.completed,
      failedTasksToday: today.failed,
      oldestRequestMs,
      loop:
        report === null
          ? null
          : {
              turns,
              averageMs: turns === 0 ? 0 : (report.loop.seconds * 1_000) / turns,
              longestMs: report.loop.longestMs,
            },
    };
  },
});

const health = route('get', `${API}/scheduler/health`, {
  id: 'getSchedulerHealth',
  tag,
  summary: 'As `/api/v1/system/health`; a scheduler that does not run is not well here',
  role: 'viewer',
  answer: SystemHealth,
  handle: async (services, { access }) => {
    access.requireGlobal();
    const found = await readHealth(services, true);
    return found.status === 'ok' ? found : (Response.json(found, { status: 503 }) as never);
  },
});

async function jobOf(store: Store, dag: DagRecord, now: number): Promise<Static<typeof Job> | null> {
  return (await jobsOf(store, [dag], now))[0] ?? null;
}

/** The jobs that some DAGs are, however many in the same few queries. */
async function jobsOf(store: Store, dags: readonly DagRecord[], now: number): Promise<Static<typeof Job>[]> {
  const [versions, states] = await Promise.all([
    store.versions(dags.map(({ versionNo }) => versionNo)),
    store.overview.lastStates(
      dags.map(({ dagId }) => dagId),
      RATED_RUNS,
    ),
  ]);
  return dags.flatMap((dag) => {
    const spec = versions.get(dag.versionNo)?.spec;
    if (spec?.schedule === undefined || spec.schedule.length === 0) return [];
    const runs = states.get(dag.dagId) ?? [];
    const succeeded = runs.filter((state) => state === 'success').length;
    const ended = succeeded + runs.filter((state) => state === 'failed').length;
    return {
      dagId: dag.dagId,
      trigger: scheduleWords(spec.schedule, spec.timezone),
      nextRunAt: instant(upcomingRuns(spec, dag, false, now, 1).slots[0] ?? null),
      paused: dag.paused,
      successRate: ended === 0 ? null : succeeded / ended,
      runs: runs.length,
    };
  });
}

const jobs = route('get', `${API}/scheduler/jobs`, {
  id: 'listJobs',
  tag,
  summary: 'DAGs that run by themselves, by their ids: when they do next, and how they did',
  role: 'viewer',
  query: PAGING,
  answer: pageOf('JobPage', Job),
  handle: async ({ store, clock }, { query, access }) => {
    let after: string | null = readCursor(query.cursor, ['string'])?.[0] ?? '';
    const limit = limitOf(query);
    const items: Static<typeof Job>[] = [];
    while (after !== null) {
      const { dags, last } = await access.dagsAfter(after, limit + 1);
      const present = dags.filter((dag) => dag.present);
      for (const job of await jobsOf(store, present, clock.now())) {
        if (items.length === limit) return { items, nextCursor: writeCursor([items.at(-1)?.dagId ?? '']) };
        items.push(job);
      }
      after = last;
    }
    return { items, nextCursor: null };
  },
});

/** The route that pauses or resumes a job. */
function jobRoute(word: 'pause' | 'resume'): Route {
  return route('post', `${API}/scheduler/jobs/{dagId}/${word}`, {
    id: `${word}Job`,
    tag,
    summary: word === 'pause' ? 'Pauses a DAG: no run is made for its slots' : 'Ends the pause of a DAG',
    role: 'operator',
    params: { dagId: DagId },
    body: exact({}),
    answer: Job,
    handle: async (services, { params, access }) => {
      const { store, clock } = services;
      const before = await jobOf(store, await access.dag(params.dagId), clock.now());
      if (before === null)
        throw new AppError('conflict', `DAG ${params.dagId} has no schedule: it is no job`);
      const by = access.principal.name;
      await askLeader(services, { type: 'pauseDag', dagId: params.dagId, paused: word === 'pause', by });
      return (await jobOf(store, await access.dag(params.dagId), clock.now())) ?? before;
    },
  });
}

const control = route('post', `${API}/scheduler/control`, {
  id: 'controlScheduler',
  tag,
  summary: 'Pauses, resumes, stops or restarts the scheduler',
  description:
    '`pause`: nothing is started anywhere until `resume`, also after a restart. `stop` (admin): running ' +
    'tasks end, then the process that leads does; one that stands by takes over. `restart` (admin): it ' +
    'gives the lead back and takes it anew, unless another one is first. `start` is refused: no server ' +
    'starts processes.',
  role: 'operator',
  body: exact({ action: oneOf(ACTIONS, 'what to do') }),
  answer: exact({
    action: oneOf(ACTIONS, 'that is done, or has begun'),
    text: Type.String({ description: 'what that means' }),
    status: SchedulerStatus,
  }),
  handle: async (services, { body, access }) => {
    access.requireGlobal();
    const { action } = body;
    const by = access.principal.name;
    if (action === 'pause' || action === 'resume')
      await askLeader(services, { type: 'pauseScheduler', paused: action === 'pause', by });
    else {
      if (!access.has('admin', null)) throw new AppError('forbidden', `to ${action} it needs the role admin`);
      const { state } = await statusOf(services);
      if (action === 'start') throw new AppError('conflict', startRefusal(state));
      if (state === 'no leader')
        throw new AppError('conflict', `no scheduler runs: there is none to ${action}`);
      await askLeader(services, { type: 'stopScheduler', how: action, by });
    }
    return { action, text: DONE[action], status: await statusOf(services) };
  },
});

const DONE = {
  start: '',
  pause: 'Nothing is started any more; what runs goes on.',
  resume: 'What is ready is started again.',
  stop: 'Running tasks may end; then the process that leads ends, and one that stands by takes over.',
  restart: 'Running tasks may end; then the lead is taken anew.',
} as const;

function startRefusal(state: string): string {
  return state === 'no leader'
    ? 'a server starts no processes: run orch scheduler, or have a service manager do so'
    : 'a scheduler leads already';
}

async function workerView(services: Services): Promise<Static<typeof Worker> | null> {
  const report = await reportInForce(services.store);
  if (report === null) return null;
  const memory = new Map(report.processes.map(({ pid, memoryBytes }) => [pid, memoryBytes]));
  const below = report.processes.filter(({ kind }) => kind === 'keeper' || kind === 'runner');
  const isKnown = below.every(({ memoryBytes }) => memoryBytes !== null);
  return {
    workerId: WORKER_ID,
    host: report.host,
    keeperPid: report.keeperPid,
    since: instant(report.since),
    reportedAt: instant(report.at),
    slots: report.slots,
    configuredSlots: report.configuredSlots,
    busy: report.busy,
    commands: report.commands,
    runnersMax: report.runnersMax,
    runners: report.runners.map((one) => ({ ...one, memoryBytes: memory.get(one.pid) ?? null })),
    memoryBytes: isKnown ? below.reduce((sum, { memoryBytes }) => sum + (memoryBytes ?? 0), 0) : null,
  };
}

const workers = route('get', `${API}/workers`, {
  id: 'listWorkers',
  tag,
  summary: 'What runs attempts for the scheduler that leads: at most 10 s old',
  role: 'viewer',
  answer: pageOf('WorkerPage', Worker),
  handle: async (services, { access }) => {
    access.requireGlobal();
    const worker = await workerView(services);
    return { items: worker === null ? [] : [worker], nextCursor: null };
  },
});

const resize = route('patch', `${API}/workers/{workerId}`, {
  id: 'changeWorker',
  tag,
  summary: 'Has more or fewer attempts run at once, until the scheduler ends or its config changes',
  description:
    'Nothing is ended for it: with fewer slots, attempts end by themselves. null: as the config says.',
  role: 'admin',
  params: { workerId: Type.String({ maxLength: 64 }) },
  body: exact({ slots: Type.Union([Type.Integer({ minimum: 1, maximum: 10_000 }), Type.Null()]) }),
  answer: exact({ workerId: Type.String(), slots: Type.Integer(), configuredSlots: Type.Integer() }),
  handle: async (services, { params, body, access }) => {
    access.requireGlobal();
    const worker = params.workerId === WORKER_ID ? await workerView(services) : null;
    if (worker === null) throw new AppError('not_found', `there is no worker ${params.workerId}`);
    await askLeader(services, { type: 'changeSlots', slots: body.slots, by: access.principal.name });
    const { workerId, configuredSlots } = worker;
    return { workerId, configuredSlots, slots: body.slots ?? configuredSlots };
  },
});

/** The scheduler: how it does, what it runs by itself, and how it is operated. */
export const schedulerRoutes: readonly Route[] = [
  status,
  metrics,
  health,
  jobs,
  jobRoute('pause'),
  jobRoute('resume'),
  control,
  workers,
  resize,
];
