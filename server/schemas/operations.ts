import { Type } from 'typebox';
import { AnyObject, DagId, exact, Instant, named, oneOf, orNull } from './words.ts';

const Spread = named(
  'Spread',
  exact({
    avg: Type.Number(),
    min: Type.Number(),
    max: Type.Number(),
    p50: Type.Number({ description: 'the median' }),
    p95: Type.Number(),
  }),
);

const FIGURES = {
  success: Type.Integer(),
  failed: Type.Integer(),
  successRate: orNull(Type.Number({ description: 'of those that ended by themselves, 0 to 1' })),
  durationMs: orNull(Spread),
  queueMs: orNull(Spread),
};

export const DagStats = named(
  'DagStats',
  exact({
    dagId: DagId,
    since: orNull(Instant),
    runs: Type.Integer(),
    cancelled: Type.Integer(),
    ...FIGURES,
    lastAt: orNull(Instant),
    taskRuns: Type.Integer({ description: 'finished runs, the newest, that the figures of tasks are of' }),
    tasks: Type.Array(
      exact({
        taskId: Type.String(),
        instances: Type.Integer({ description: 'that ran' }),
        skipped: Type.Integer(),
        retries: Type.Integer({ description: 'attempts beyond the first ones' }),
        ...FIGURES,
      }),
    ),
  }),
);

export const Approval = named(
  'Approval',
  exact({
    taskInstanceId: Type.String(),
    runId: Type.String(),
    dagId: DagId,
    name: Type.String({ description: 'of the task instance' }),
    title: Type.String({ description: 'what is asked' }),
    options: Type.Array(Type.String()),
    since: orNull(Instant),
    until: orNull(Instant),
  }),
);

export const Pool = named(
  'Pool',
  exact({
    name: Type.String(),
    description: orNull(Type.String()),
    slots: Type.Integer(),
    used: Type.Integer({ description: 'slots that attempts hold' }),
    waiting: Type.Integer({ description: 'task instances that are ready and have no slot' }),
    kind: oneOf(['config', 'stored', 'default'], 'who says so; one of the config is changed there only'),
    place: orNull(Type.String({ description: 'where the config says so, as far as this server knows' })),
    changedAt: orNull(Instant),
    changedBy: orNull(Type.String()),
  }),
);

export const BrokenFile = named(
  'BrokenFile',
  exact({
    file: Type.String({ description: 'relative to the project' }),
    at: Instant,
    diagnostics: Type.Array(AnyObject, {
      description: 'severity, rule, message, and where, as far as known',
    }),
  }),
);
