import { Type } from 'typebox';
import { exact, Instant, named, oneOf } from './words.ts';

const percent = Type.Number({ minimum: 0, maximum: 100 });
const bytes = Type.Integer({ minimum: 0 });
const count = Type.Number({ minimum: 0 });

const MACHINE = {
  cpuPercent: percent,
  cpuCount: count,
  load: Type.Number({ description: 'over a minute' }),
  memoryTotal: bytes,
  memoryUsed: bytes,
  memoryPercent: percent,
  diskTotal: bytes,
  diskUsed: bytes,
  diskPercent: percent,
};

const TASKS = {
  activeTasks: Type.Number({ description: 'attempts that hold a slot' }),
  pendingTasks: Type.Number({ description: 'task instances that are ready and have no slot' }),
  completedTasksToday: Type.Number({ description: 'since midnight UTC' }),
  failedTasksToday: Type.Number({ description: 'since midnight UTC' }),
};

/** The figures of a machine. */
export const Machine = named('Machine', exact(MACHINE));

/** Figures of now. */
export const CurrentFigures = named(
  'CurrentFigures',
  exact({
    at: Instant,
    host: Type.String({ description: 'the machine of this server' }),
    ...MACHINE,
    ...TASKS,
    queue: exact({
      engine: oneOf(['sqlite', 'postgres'], 'what holds the queue'),
      connected: Type.Boolean(),
      requests: Type.Integer({ description: 'that no leader has answered' }),
    }),
  }),
);

/** Figures of the past, of the machine that led then; averages over a step. */
export const FigureHistory = named(
  'FigureHistory',
  exact({
    stepMs: Type.Integer(),
    items: Type.Array(
      exact({
        at: Instant,
        ...MACHINE,
        memoryTotal: count,
        memoryUsed: count,
        diskTotal: count,
        diskUsed: count,
        ...TASKS,
      }),
    ),
  }),
);
