import { orchVersion } from '../../core/config/installation.ts';
import { healthOf, readLoop } from '../../core/scheduler/health.ts';
import { limitsInForce } from '../../core/scheduler/limits-of.ts';
import { reportInForce } from '../../core/scheduler/report-in-force.ts';
import type { Access } from '../access.ts';
import { EXPOSITION_TYPE, Exposition, type Labels } from '../metrics/exposition.ts';
import type { TaskTotals } from '../metrics/journal-totals.ts';
import { route } from '../route.ts';
import type { Services } from '../services.ts';

/** A scrape waits no longer for the journal to be read: the first one of a big store would take too long. */
const CATCH_UP_MS = 500;
const LOOP_STATES = ['ok', 'stalled', 'no leader'] as const;

/** Figures for Prometheus. */
export const metricsRoute = route('get', '/metrics', {
  id: 'getMetrics',
  tag: 'live',
  summary: 'Figures in the text format of Prometheus, version 0.0.4',
  role: 'viewer',
  textType: 'text/plain',
  handle: async (services, { access }) => {
    const isComplete = await services.totals.caughtUpWithin(CATCH_UP_MS);
    const figures = new Exposition();
    figures.gauge({
      name: 'orch_journal_totals_complete',
      help: '0 while this server still reads the journal: what follows from it is left out then.',
      samples: [[{}, isComplete ? 1 : 0]],
    });
    if (isComplete) tellJournal(figures, services, access);
    await tellScheduler(figures, services);
    await tellAlerts(figures, services, access);
    if (access.seesAll) await tellProject(figures, services, isComplete);
    return new Response(figures.text, { headers: { 'content-type': EXPOSITION_TYPE } }) as never;
  },
});

/** What follows from the journal. */
function tellJournal(figures: Exposition, services: Services, access: Access): void {
  const tasks = services.totals.tasks.filter(({ dagId }) => access.has('viewer', dagId));
  tellTasks(figures, tasks);
  tellTwins(figures, tasks);
  tellDags(figures, services, access);
}

/** A figure of each task that has it, with the labels of the task. */
function each<Value>(
  tasks: readonly TaskTotals[],
  labelsOf: (task: TaskTotals) => Labels,
  figureOf: (task: TaskTotals) => Value,
): (readonly [Labels, Value])[] {
  return tasks.map((task) => [labelsOf(task), figureOf(task)]);
}

const byTask = ({ dagId, task }: TaskTotals): Labels => ({ dag: dagId, task });
const byName = ({ dagId, task }: TaskTotals): Labels => ({ task_name: `${dagId}.${task}` });

/** Attempts that ended, with the state under a label. */
function ended(tasks: readonly TaskTotals[], labelsOf: (task: TaskTotals) => Labels, label: string) {
  return tasks.flatMap((task) =>
    [...task.ended].map(([state, count]) => [{ ...labelsOf(task), [label]: state }, count] as const),
  );
}

function tellTasks(figures: Exposition, tasks: readonly TaskTotals[]): void {
  figures.counter({
    name: 'orch_task_attempts_total',
    help: 'Attempts that ended, by how; paused: they were stopped for a pause.',
    samples: ended(tasks, byTask, 'state'),
  });
  figures.histogram({
    name: 'orch_task_duration_seconds',
    help: 'How long attempts that ended took.',
    samples: each(tasks, byTask, ({ durations }) => durations),
  });
  figures.histogram({
    name: 'orch_task_queue_seconds',
    help: 'How long attempts that ended were queued before they started.',
    samples: each(tasks, byTask, ({ queued }) => queued),
  });
}

/** The same figures under other names. */
function tellTwins(figures: Exposition, tasks: readonly TaskTotals[]): void {
  figures.counter({
    name: 'scheduler_task_executions_total',
    help: 'As orch_task_attempts_total.',
    samples: ended(tasks, byName, 'status'),
  });
  figures.histogram({
    name: 'scheduler_task_duration_seconds',
    help: 'As orch_task_duration_seconds.',
    samples: each(tasks, byName, ({ durations }) => durations),
  });
  figures.gauge({
    name: 'scheduler_active_tasks',
    help: 'Attempts that are queued, running or paused.',
    samples: each(tasks, byName, ({ active }) => active),
  });
}

function tellDags(figures: Exposition, { totals }: Services, access: Access): void {
  const dags = [...totals.dags].filter(([dagId]) => access.has('viewer', dagId));
  figures.histogram({
    name: 'orch_dag_run_duration_seconds',
    help: 'How long runs that ended ran, from their start or their last retry, by how they ended.',
    samples: dags.flatMap(([dag, { durations }]) =>
      [...durations].map(([state, histogram]) => [{ dag, state }, histogram] as const),
    ),
  });
  figures.gauge({
    name: 'orch_dag_last_success_timestamp_seconds',
    help: 'When a run of the DAG succeeded last.',
    samples: dags.flatMap(([dag, { lastSuccessAt }]) =>
      lastSuccessAt === null ? [] : [[{ dag }, lastSuccessAt / 1_000] as const],
    ),
  });
}

async function tellScheduler(figures: Exposition, { store, clock }: Services): Promise<void> {
  const facts = await readLoop(store, clock);
  const { state: loopState } = healthOf(facts);
  const isPaused = loopState === 'ok' && (await store.operations.facts.pause()) !== null;
  const state = isPaused ? 'paused' : loopState;
  figures.gauge({
    name: 'orch_scheduler_heartbeat_timestamp_seconds',
    help: 'When the scheduler last said that it gets on; absent while none leads.',
    samples: facts.leader === null ? [] : [[{}, (clock.now() - facts.leader.silentMs) / 1_000]],
  });
  figures.gauge({
    name: 'scheduler_state',
    help: 'How the scheduler is: 1 for the state that it is in.',
    samples: [...LOOP_STATES, 'paused' as const].map((one) => [{ state: one }, one === state ? 1 : 0]),
  });
  const loop = (await reportInForce(store))?.loop;
  figures.histogramOf(
    'orch_scheduler_loop_seconds',
    'How long the turns of the loop that decides took, as the scheduler reported last.',
    loop ?? null,
  );
  for (const name of ['orch_build_info', 'scheduler_info'])
    figures.gauge({ name, help: 'The version of this server.', samples: [[{ version: orchVersion() }, 1]] });
}

async function tellAlerts(figures: Exposition, { store }: Services, access: Access): Promise<void> {
  const counts = new Map<string, readonly [Labels, number]>();
  for (const { rule, level, state, dagId, count } of await store.alerts.counts()) {
    if (!access.has('viewer', dagId)) continue;
    const key = `${rule} ${level} ${state}`;
    counts.set(key, [{ rule, level, state }, (counts.get(key)?.[1] ?? 0) + count]);
  }
  figures.gauge({
    name: 'orch_alerts',
    help: 'Alerts that are not over, by whether somebody takes care.',
    samples: counts.values(),
  });
  if (!access.seesAll) return;
  figures.gauge({
    name: 'orch_alert_messages',
    help: 'Messages of alerts that are kept, by how they went.',
    samples: (await store.alerts.deliveryCounts()).map(
      ({ channel, state, count }) => [{ channel, state }, count] as const,
    ),
  });
}

/** What belongs to no DAG: for those who may see all of them. */
async function tellProject(figures: Exposition, services: Services, isComplete: boolean): Promise<void> {
  const { store, totals } = services;
  const { pools } = await limitsInForce(services);
  const taken = totals.takenSlots;
  figures.gauge({
    name: 'orch_pool_slots',
    help: 'Slots of a pool that are taken or free.',
    samples: Object.entries(isComplete ? pools : {}).flatMap(([pool, slots]) => {
      const used = taken.get(pool) ?? 0;
      return [
        [{ pool, state: 'used' }, used],
        [{ pool, state: 'free' }, Math.max(0, slots - used)],
      ] as const;
    }),
  });
  figures.gauge({
    name: 'orch_dag_load_errors',
    help: 'DAG files that could not be loaded when a scheduler last looked.',
    samples: [[{}, (await store.brokenFiles()).length]],
  });
  figures.gauge({
    name: 'orch_asset_updated_timestamp_seconds',
    help: 'When there was an event of the asset last.',
    samples: (await store.assets()).map(({ uri, last }) => [{ asset: uri }, last.at / 1_000]),
  });
}
