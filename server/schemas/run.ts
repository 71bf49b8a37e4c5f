import { type Static, Type } from 'typebox';
import { TRIGGER_KINDS } from '../../core/model/run.ts';
import { REASONS, RUN_STATES, TASK_STATES } from '../../core/model/states.ts';
import { DEADLINE_STATES } from '../../core/store/read-deadline.ts';
import { planOf } from '../plans.ts';
import { Priority } from './task.ts';
import { AnyJson, AnyObject, Because, DagId, exact, Instant, named, oneOf, orNull } from './words.ts';

export const RunState = oneOf(RUN_STATES, 'the state of a run');
export const TaskState = oneOf(TASK_STATES, 'the state of a task instance');

export const Counts = Type.Record(Type.String(), Type.Integer({ minimum: 0 }), {
  description: 'task instances by state; only states that occur',
});

const RUN = {
  runId: Type.String({ description: 'a UUID' }),
  dagId: DagId,
  version: Type.Integer({ description: 'the version of the DAG that it has' }),
  state: RunState,
  trigger: oneOf(TRIGGER_KINDS, 'what made it'),
  triggeringEvents: AnyObject,
  scope: AnyObject,
  params: AnyObject,
  priority: orNull(Priority),
  createdBy: orNull(Type.String({ description: 'who asked for it' })),
  logicalDate: orNull(Instant),
  createdAt: Instant,
  startedAt: orNull(Instant),
  endedAt: orNull(Instant),
  durationMs: orNull(Type.Integer()),
  because: orNull(Because),
};

export const Run = named('Run', exact(RUN));
export type Run = Static<typeof Run>;

export const TaskError = exact({ name: Type.String(), message: Type.String() });

export const TaskInstance = named(
  'TaskInstance',
  exact({
    taskInstanceId: Type.String({ description: '`<run>.<node>`, as other routes take it' }),
    taskId: Type.String({ description: 'dotted path without keys' }),
    key: orNull(Type.String({ description: 'keys of its fan-outs, joined by /' })),
    name: Type.String({ description: 'such as symbol[BTC-USD].backtest' }),
    stage: orNull(Type.String()),
    state: TaskState,
    reason: orNull(oneOf(REASONS, 'why it failed or was cancelled')),
    attempts: Type.Integer(),
    startedAt: orNull(Instant),
    endedAt: orNull(Instant),
    durationMs: orNull(Type.Integer({ description: 'of the last attempt' })),
    dueAt: orNull(Instant),
    because: orNull(Because),
    error: orNull(TaskError),
    progress: orNull(exact({ done: Type.Number(), total: Type.Number(), step: orNull(Type.String()) })),
  }),
);
export type TaskInstance = Static<typeof TaskInstance>;

export const RunDetail = named(
  'RunDetail',
  exact({
    ...RUN,
    total: Type.Integer({ description: 'selected task instances known so far' }),
    completed: Type.Integer({ description: 'of these, those that are finished' }),
    progress: Type.Number({ minimum: 0, maximum: 1 }),
    counts: Counts,
    setAside: orNull(
      Type.String({ description: 'why the process that leads decides nothing about it any more' }),
    ),
    deadline: orNull(
      exact({
        at: Instant,
        state: oneOf(DEADLINE_STATES, 'how the run stands to it'),
        foretold: Type.Boolean({ description: 'earlier runs took so long that it was told of before' }),
      }),
    ),
  }),
);

export const Attempt = named(
  'Attempt',
  exact({
    attemptId: Type.String({ description: '`<run>.<node>.<try>`' }),
    tryNo: Type.Integer(),
    state: TaskState,
    reason: orNull(oneOf(REASONS, 'why it failed or was cancelled')),
    startedAt: orNull(Instant),
    endedAt: orNull(Instant),
    durationMs: orNull(Type.Integer()),
    because: orNull(Because),
    error: orNull(TaskError),
  }),
);
export type Attempt = Static<typeof Attempt>;

export const Output = named(
  'Output',
  exact({
    value: AnyJson,
    file: orNull(exact({ sha256: Type.String(), bytes: Type.Integer() })),
  }),
);

const PLANNED = { taskInstanceId: Type.String(), name: Type.String(), state: TaskState };

export const RetryPlan = planOf('RetryPlan', {
  runId: Type.String(),
  newVersion: Type.Boolean({ description: 'the run goes on with another version of its DAG' }),
  items: Type.Array(exact(PLANNED), { description: 'what would run again, in the order of the graph' }),
});

export const MarkPlan = planOf('MarkPlan', {
  runId: Type.String(),
  state: RunState,
  items: Type.Array(
    exact({
      ...PLANNED,
      action: oneOf(
        ['mark', 'reset', 'end'],
        'it gets the state, is decided anew, or does not run to its end',
      ),
    }),
  ),
});
