import { type Static, Type } from 'typebox';
import { VERSION_CHANGES } from '../../core/graph/version-change.ts';
import { DISPOSITIONS } from '../../core/model/slot.ts';
import { RunState } from './run.ts';
import { AnyObject, Because, DagId, exact, Instant, named, oneOf, orNull } from './words.ts';

const DAG = {
  dagId: DagId,
  file: Type.String({ description: 'that declares it, relative to the project' }),
  title: orNull(Type.String()),
  description: orNull(Type.String()),
  owner: orNull(Type.String()),
  tags: Type.Array(Type.String()),
  version: Type.Integer({ description: 'the version of its new runs' }),
  versionAt: Instant,
  present: Type.Boolean({ description: 'a file declares it' }),
  paused: Type.Boolean(),
  schedule: Type.Array(AnyObject, { description: 'by which it runs; empty: by hand' }),
  nextSlotAt: orNull(Instant),
  lastRun: orNull(exact({ runId: Type.String(), state: RunState, createdAt: Instant })),
  rolledBack: orNull(
    exact({
      version: Type.Integer({ description: 'that new runs have' }),
      declared: Type.Integer({ description: 'that its file declares' }),
      held: Type.Boolean({ description: 'also when its file changes' }),
      since: Instant,
      by: Type.String(),
    }),
  ),
};

export const Dag = named('Dag', exact(DAG));
export type Dag = Static<typeof Dag>;

export const DagDetail = named(
  'DagDetail',
  exact({
    ...DAG,
    params: AnyObject,
    tasks: Type.Array(
      exact({ taskId: Type.String(), stage: orNull(Type.String()), after: Type.Array(Type.String()) }),
      { description: 'in the order of the graph, with what each comes after' },
    ),
  }),
);

const Names = Type.Array(Type.String(), { description: 'tasks' });

export const Version = named(
  'Version',
  exact({
    version: Type.Integer(),
    createdAt: Instant,
    file: Type.String(),
    graphHash: Type.String(),
    codeHash: Type.String(),
    inForce: Type.Boolean({ description: 'new runs have it' }),
    declared: Type.Boolean({ description: 'the file declared it when it was read last' }),
    change: oneOf(VERSION_CHANGES, 'what is new in it; code: nothing of the graph'),
    added: Names,
    removed: Names,
    changed: Names,
  }),
);

export const VersionDetail = named(
  'VersionDetail',
  exact({
    version: Type.Integer(),
    createdAt: Instant,
    graphHash: Type.String(),
    codeHash: Type.String(),
    inForce: Type.Boolean({ description: 'new runs have it' }),
    file: Type.String(),
    spec: AnyObject,
  }),
);

export const VersionDiff = named(
  'VersionDiff',
  exact({
    from: Type.Integer(),
    to: Type.Integer(),
    added: Names,
    removed: Names,
    changed: Names,
    codeChanged: Type.Boolean(),
  }),
);

export const Slot = named(
  'Slot',
  exact({
    firstAt: Instant,
    lastAt: Instant,
    disposition: oneOf(DISPOSITIONS, 'what became of it'),
    runId: orNull(Type.String()),
    decidedAt: Instant,
    because: Because,
  }),
);

export const SchedulePreview = named(
  'SchedulePreview',
  exact({
    slots: Type.Array(
      exact({
        dueAt: Instant,
        logicalDate: Instant,
        intervalStart: orNull(Instant),
        intervalEnd: orNull(Instant),
      }),
    ),
    clockChanges: Type.Array(
      exact({ zone: Type.String(), at: Instant, from: Type.String(), to: Type.String() }),
    ),
  }),
);
