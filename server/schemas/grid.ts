import { type Static, Type } from 'typebox';
import { TRIGGER_KINDS } from '../../core/model/run.ts';
import { Counts, RunState, TaskState } from './run.ts';
import { exact, Instant, named, oneOf, orNull } from './words.ts';

export const Grid = named(
  'Grid',
  exact({
    runs: Type.Array(
      exact({
        runId: Type.String(),
        version: Type.Integer(),
        state: RunState,
        trigger: oneOf(TRIGGER_KINDS, 'what made it'),
        logicalDate: orNull(Instant),
        createdAt: Instant,
        startedAt: orNull(Instant),
        endedAt: orNull(Instant),
        durationMs: orNull(Type.Integer()),
      }),
      { description: 'newest first' },
    ),
    tasks: Type.Array(
      exact({
        taskId: Type.String({ description: 'dotted path without keys' }),
        stage: orNull(Type.String()),
        declared: Type.Boolean({ description: 'false: only older runs have it' }),
        states: Type.Array(orNull(TaskState), {
          description: 'by run; of a fan-out the gravest. null: the run has no such task',
        }),
        counts: Type.Optional(
          Type.Array(orNull(Counts), { description: 'by run, of tasks in fan-outs: instances by state' }),
        ),
      }),
    ),
    nextCursor: orNull(Type.String({ description: 'cursor of older runs; null: there are none' })),
  }),
);
export type Grid = Static<typeof Grid>;
