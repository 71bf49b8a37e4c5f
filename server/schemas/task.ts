import { type Static, Type } from 'typebox';
import { PRIORITY_LEVELS } from '../../core/model/dag.ts';
import { REASONS } from '../../core/model/states.ts';
import { QUEUE_STATES } from '../../core/store/task-filter.ts';
import { TASK_SORTS } from '../../core/store/task-walk.ts';
import { planOf } from '../plans.ts';
import { AnyJson, AnyObject, DagId, exact, Instant, named, oneOf, orNull } from './words.ts';

export const TaskId = Type.String({
  minLength: 1,
  maxLength: 64,
  description: 'the id of a task, a UUID: that of its run',
});
export const Priority = oneOf(PRIORITY_LEVELS, 'how urgent it is: a higher level goes first');
export const QueueState = oneOf(QUEUE_STATES, 'the state of a task');
const TaskName = Type.String({ minLength: 1, maxLength: 256, description: 'what it is called' });
const Percent = Type.Number({
  minimum: 0,
  maximum: 100,
  description: 'as the task has told; 100 at its end',
});
const Seconds = orNull(Type.Number({ minimum: 0, description: 'by its progress so far; null: unknown' }));

const TASK = {
  taskId: TaskId,
  type: DagId,
  name: Type.String(),
  state: QueueState,
  reason: orNull(oneOf(REASONS, 'why it failed or was cancelled')),
  priority: Priority,
  params: AnyObject,
  attempts: Type.Integer(),
  progress: Percent,
  currentStep: orNull(Type.String()),
  etaSeconds: Seconds,
  error: orNull(exact({ name: Type.String(), message: Type.String() })),
  createdBy: orNull(Type.String()),
  createdAt: Instant,
  startedAt: orNull(Instant),
  finishedAt: orNull(Instant),
  updatedAt: Instant,
};

const RESULT = {
  result: AnyJson,
  resultFile: orNull(exact({ sha256: Type.String(), bytes: Type.Integer() })),
};

export const Task = named('Task', exact(TASK));
export type Task = Static<typeof Task>;
export const TaskDetail = named('TaskDetail', exact({ ...TASK, ...RESULT }));
export type TaskDetail = Static<typeof TaskDetail>;

export const TaskStatus = named(
  'TaskStatus',
  exact({
    taskId: TaskId,
    state: QueueState,
    progress: Percent,
    currentStep: orNull(Type.String()),
    etaSeconds: Seconds,
    updatedAt: Instant,
  }),
);

export const TaskResult = named(
  'TaskResult',
  exact({ taskId: TaskId, state: QueueState, error: TASK.error, ...RESULT }),
);

/** What a task is asked for with. */
export const TaskOrder = exact({
  type: DagId,
  name: Type.Optional(TaskName),
  params: Type.Optional(AnyObject),
  priority: Type.Optional(Priority),
  runId: Type.Optional(
    Type.String({
      pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$',
      description: 'a UUID of your own: asked for twice it is one task',
    }),
  ),
});
export type TaskOrder = Static<typeof TaskOrder>;

/** Why one of several was refused. */
const Refusal = orNull(
  exact({
    status: Type.Integer(),
    code: Type.String(),
    detail: Type.String(),
    errors: Type.Optional(
      Type.Array(exact({ pointer: Type.String(), detail: Type.String() }), {
        description: 'each mistake, with its place in the body as a JSON pointer',
      }),
    ),
  }),
);

export const TaskBatch = named(
  'TaskBatch',
  exact({
    items: Type.Array(exact({ task: orNull(Task), error: Refusal }), { description: 'in their order' }),
  }),
);

export const BULK_ACTIONS = ['cancel', 'pause', 'resume', 'delete'] as const;
export type BulkAction = (typeof BULK_ACTIONS)[number];

export const TaskBulkPlan = planOf('TaskBulkPlan', {
  more: Type.Boolean({ description: 'the filter may find more tasks than one request works on' }),
  items: Type.Array(
    exact({
      taskId: TaskId,
      name: orNull(Type.String()),
      state: orNull(QueueState),
      applies: Type.Boolean({ description: 'false: nothing would be done to it' }),
    }),
  ),
});

export const TaskBulk = named(
  'TaskBulk',
  exact({ items: Type.Array(exact({ taskId: TaskId, error: Refusal }), { description: 'what was tried' }) }),
);

const took = (how: string) =>
  orNull(Type.Number({ minimum: 0, description: `the newest 100 that succeeded, and failed, took ${how}` }));
export const TaskStatistics = named(
  'TaskStatistics',
  exact({
    items: Type.Array(
      exact({
        type: DagId,
        total: Type.Integer(),
        counts: Type.Record(Type.String(), Type.Integer({ minimum: 0 }), {
          description: 'tasks by state; only states that occur',
        }),
        successRate: orNull(Type.Number({ description: 'of those that succeeded or failed' })),
        avgDurationMs: took('on average'),
        minDurationMs: took('at least'),
        maxDurationMs: took('at most'),
        countedSince: orNull({
          ...Instant,
          description:
            'the day of since begins then: tasks that were made before are not counted; null: all are',
        }),
      }),
    ),
  }),
);

const count = Type.Integer({ minimum: 0 });
export const QueueStats = named(
  'QueueStats',
  exact({
    queued: count,
    queuedByPriority: exact({ urgent: count, high: count, normal: count, low: count }),
    oldestQueuedAt: orNull(Instant),
    oldestQueuedSeconds: orNull(Type.Number({ minimum: 0 })),
    running: count,
    held: Type.Integer({ minimum: 0, description: 'paused' }),
    waiting: Type.Integer({ minimum: 0, description: 'for something outside, or for their next attempt' }),
    types: Type.Array(exact({ type: DagId, queued: count, running: count, held: count, waiting: count })),
  }),
);

/** Which tasks are meant. */
export const TASK_FILTER = {
  type: Type.Optional(Type.Array(DagId, { minItems: 1, maxItems: 100 })),
  state: Type.Optional(Type.Array(QueueState, { minItems: 1 })),
  priority: Type.Optional(Type.Array(Priority, { minItems: 1 })),
  createdBy: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
  name: Type.Optional(
    Type.String({ minLength: 1, maxLength: 128, description: 'a part of the name, in any case' }),
  ),
  since: Type.Optional(Type.String({ format: 'date-time', description: 'created then or later' })),
};

const sorts = TASK_SORTS.flatMap((one) => [one, `-${one}`] as const);
/** The order of a list; `-` in front is the other way round. */
export const Sort = Type.Optional(oneOf(sorts, 'what it is sorted by; with - the greatest first'));
