import { Type } from 'typebox';
import { Machine } from './figures.ts';
import { Scope } from './scope.ts';
import { AnyObject, Because, DagId, exact, Instant, named, oneOf, orNull } from './words.ts';

const Pause = orNull(exact({ by: Type.String(), since: Instant }));

export const SystemStatus = named(
  'SystemStatus',
  exact({
    version: Type.String(),
    startedAt: Instant,
    uptimeMs: Type.Integer({ description: 'of this server' }),
    store: exact({ kind: oneOf(['sqlite', 'postgres'], 'the database'), schema: Type.Integer() }),
    leader: orNull(
      exact({
        pid: Type.Integer(),
        host: Type.String(),
        since: Instant,
        epoch: Type.Integer({ description: 'grows with every change of leader' }),
        isScheduler: Type.Boolean({ description: 'false: a command that leads for its own runs' }),
      }),
    ),
    paused: Pause,
    workers: Type.Integer({ description: 'pools of runners' }),
    counts: exact({
      dags: Type.Integer({ description: 'that a file declares' }),
      brokenFiles: Type.Integer(),
      unfinishedRuns: Type.Integer(),
      activeTasks: Type.Integer(),
      schedules: Type.Integer({ description: 'ad-hoc ones' }),
    }),
  }),
);

const Process = exact({
  kind: oneOf(['server', 'leader', 'keeper', 'runner'], 'what it does'),
  pid: Type.Integer(),
  host: Type.String(),
  cpuPercent: orNull(Type.Number({ description: 'of one core' })),
  memoryBytes: orNull(Type.Integer()),
});

export const Resources = named(
  'Resources',
  exact({
    at: Instant,
    host: Type.String(),
    machine: Machine,
    processes: Type.Array(Process, { description: 'of orch; those of the scheduler as of its last report' }),
  }),
);

export const SystemHealth = named(
  'SystemHealth',
  exact({
    status: oneOf(['ok', 'degraded'], 'of all of it'),
    checks: Type.Array(
      exact({
        name: oneOf(['store', 'scheduler', 'disk'], 'what was looked at'),
        ok: Type.Boolean(),
        text: Type.String({ description: 'one sentence for people' }),
      }),
    ),
  }),
);

export const SchedulerStatus = named(
  'SchedulerStatus',
  exact({
    state: oneOf(['running', 'paused', 'stalled', 'no leader'], 'as it is seen from here'),
    text: Type.String({ description: 'one sentence for people' }),
    paused: Pause,
    leader: SystemStatus.properties.leader,
    slots: orNull(exact({ limit: Type.Integer(), used: Type.Integer() })),
    reportedAt: orNull(Instant),
  }),
);

export const SchedulerMetrics = named(
  'SchedulerMetrics',
  exact({
    reportedAt: orNull(Instant),
    activeTasks: Type.Integer(),
    pendingTasks: orNull(Type.Integer()),
    runs: orNull(Type.Integer({ description: 'that are not over' })),
    completedTasksToday: Type.Integer(),
    failedTasksToday: Type.Integer(),
    oldestRequestMs: orNull(Type.Number()),
    loop: orNull(
      exact({
        turns: Type.Integer(),
        averageMs: Type.Number(),
        longestMs: Type.Number({ description: 'in the 10 s before the report' }),
      }),
    ),
  }),
);

export const Job = named(
  'Job',
  exact({
    dagId: DagId,
    trigger: Type.String({ description: 'when it is due, in words' }),
    nextRunAt: orNull(Instant),
    paused: Type.Boolean(),
    successRate: orNull(Type.Number({ description: 'of its newest runs that ended by themselves, 0 to 1' })),
    runs: Type.Integer({ description: 'that the rate is of' }),
  }),
);

export const Worker = named(
  'Worker',
  exact({
    workerId: Type.String(),
    host: Type.String(),
    keeperPid: orNull(Type.Integer()),
    since: Instant,
    reportedAt: Instant,
    slots: Type.Integer({ description: 'attempts at once' }),
    configuredSlots: Type.Integer(),
    busy: Type.Integer(),
    commands: Type.Integer({ description: 'under way' }),
    runnersMax: Type.Integer(),
    runners: Type.Array(
      exact({
        pid: Type.Integer(),
        attempts: Type.Integer({ description: 'that it has now' }),
        served: Type.Integer(),
        memoryBytes: orNull(Type.Integer()),
      }),
    ),
    memoryBytes: orNull(Type.Integer({ description: 'of keeper and runners together' })),
  }),
);

export const When = Type.Union([
  exact({
    cron: Type.String({ minLength: 1, maxLength: 256 }),
    timezone: Type.Optional(Type.String({ maxLength: 64, description: 'IANA; absent: UTC' })),
  }),
  exact({ everyMs: Type.Integer({ minimum: 1_000, maximum: 366 * 86_400_000 }) }),
  exact({ at: Type.String({ format: 'date-time', description: 'once' }) }),
]);

export const AdHocScheduleForm = exact({
  dagId: DagId,
  name: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
  when: When,
  params: Type.Optional(AnyObject),
  scope: Type.Optional(Scope),
  catchup: Type.Optional(Type.Boolean({ description: 'a run for every slot that was missed' })),
  misfireGraceMs: Type.Optional(
    Type.Integer({ minimum: 0, maximum: 366 * 86_400_000, description: 'a later slot gets no run' }),
  ),
});

export const AdHoc = named(
  'AdHocSchedule',
  exact({
    scheduleId: Type.String(),
    dagId: DagId,
    name: Type.String(),
    when: When,
    trigger: Type.String({ description: 'when it is due, in words' }),
    params: AnyObject,
    scope: Scope,
    catchup: Type.Boolean(),
    misfireGraceMs: orNull(Type.Integer()),
    paused: Type.Boolean(),
    nextRunAt: orNull(Instant),
    refused: orNull(Because),
    last: orNull(
      exact({
        slotAt: Instant,
        runId: orNull(Type.String()),
        error: orNull(Type.String()),
        refused: orNull(Because),
      }),
    ),
    createdAt: Instant,
    createdBy: Type.String(),
  }),
);
