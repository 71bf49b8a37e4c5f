import { hostname } from 'node:os';
import { Type } from 'typebox';
import { orchVersion } from '../../core/config/installation.ts';
import { healthOf, readLoop } from '../../core/scheduler/health.ts';
import { readProcesses } from '../../core/scheduler/process-use.ts';
import { reportInForce } from '../../core/scheduler/report-in-force.ts';
import { newestNumber } from '../../core/store/migrate.ts';
import { MIGRATIONS } from '../../migrations/index.ts';
import { readLeader } from '../read-leader.ts';
import { API, type Route, route } from '../route.ts';
import { Resources, SystemHealth, SystemStatus } from '../schemas/scheduler.ts';
import { exact, named, oneOf, orNull } from '../schemas/words.ts';
import { readHealth } from '../system-health.ts';
import { instant } from '../views.ts';

const tag = 'system';

const Health = named(
  'Health',
  exact({
    status: oneOf(['ok', 'stalled', 'no leader'], 'of the loop that decides, whatever this process does'),
    leader: orNull(exact({ pid: Type.Integer(), host: Type.String(), silentMs: Type.Number() })),
    oldestRequestMs: orNull(Type.Number()),
  }),
);

const health = route('get', '/healthz', {
  id: 'getHealth',
  tag,
  summary: 'Whether the scheduler gets on; 503 if it is stalled',
  role: 'public',
  answer: Health,
  handle: async ({ store, clock }) => {
    const facts = await readLoop(store, clock);
    const { state } = healthOf(facts);
    const { leader, oldestRequestMs } = facts;
    const led = leader === null ? null : { pid: leader.pid, host: leader.host, silentMs: leader.silentMs };
    const body = { status: state, leader: led, oldestRequestMs };
    return state === 'stalled' ? (Response.json(body, { status: 503 }) as never) : body;
  },
});

const ready = route('get', '/readyz', {
  id: 'getReadiness',
  tag,
  summary: 'Whether this server can answer: its database does',
  role: 'public',
  answer: exact({ status: oneOf(['ready'], 'it is') }),
  handle: async ({ store }) => {
    await store.counters();
    return { status: 'ready' as const };
  },
});

const status = route('get', `${API}/system/status`, {
  id: 'getSystemStatus',
  tag,
  summary: 'Which orch this is, since when, who leads, and how much there is of what',
  role: 'viewer',
  answer: SystemStatus,
  handle: async (services, { access }) => {
    access.requireGlobal();
    const { store, clock, config, startedAt } = services;
    const { facts, tally } = store.operations;
    const [leader, pause, report, sizes, active] = await Promise.all([
      readLeader(store),
      facts.pause(),
      reportInForce(store),
      store.overview.sizes(),
      tally.active(),
    ]);
    return {
      version: orchVersion(),
      startedAt: instant(startedAt),
      uptimeMs: clock.now() - startedAt,
      store: { kind: config.store.kind, schema: newestNumber(MIGRATIONS) },
      leader,
      paused: pause === null ? null : { by: pause.by, since: instant(pause.at) },
      workers: report === null ? 0 : 1,
      counts: { ...sizes, activeTasks: active },
    };
  },
});

const resources = route('get', `${API}/system/resources`, {
  id: 'getSystemResources',
  tag,
  summary: 'What this machine has left, and what the processes of orch take',
  role: 'viewer',
  answer: Resources,
  handle: async ({ store, clock, meter }, { access }) => {
    access.requireGlobal();
    const [machine, own, report] = await Promise.all([
      meter.read(),
      readProcesses([{ kind: 'server', pid: process.pid }]),
      reportInForce(store),
    ]);
    const host = hostname();
    const led = (report?.processes ?? []).map((one) => ({ ...one, host: report?.host ?? host }));
    const processes = [...own.map((one) => ({ ...one, host })), ...led];
    return { at: instant(clock.now()), host, machine, processes };
  },
});

const systemHealth = route('get', `${API}/system/health`, {
  id: 'getSystemHealth',
  tag,
  summary: 'Whether the database answers, the loop that decides gets on, and the disk has room; 503 if not',
  role: 'viewer',
  answer: SystemHealth,
  handle: async (services, { access }) => {
    access.requireGlobal();
    const found = await readHealth(services, false);
    return found.status === 'ok' ? found : (Response.json(found, { status: 503 }) as never);
  },
});

/** How the server and the scheduler are. */
export const systemRoutes: readonly Route[] = [health, ready, status, resources, systemHealth];
