import { type Static, Type } from 'typebox';
import { BACKFILL_STATES, BACKFILL_WHICH } from '../../core/model/backfill.ts';
import { planOf } from '../plans.ts';
import { AnyObject, Because, DagId, exact, Instant, named, oneOf, orNull } from './words.ts';

export const BackfillId = Type.String({ pattern: '^[1-9]\\d{0,14}$', description: 'the id of a backfill' });
export const Which = oneOf(BACKFILL_WHICH, 'what is done about slots that have a run');

export const Backfill = named(
  'Backfill',
  exact({
    backfillId: BackfillId,
    dagId: DagId,
    firstAt: Instant,
    lastAt: Instant,
    which: Which,
    reverse: Type.Boolean({ description: 'newest slot first' }),
    scope: AnyObject,
    params: AnyObject,
    maxActiveRuns: Type.Integer(),
    state: oneOf(BACKFILL_STATES, 'running and paused are unfinished'),
    slots: Type.Integer(),
    decided: Type.Integer({ description: 'slots that have their run, or were left' }),
    left: Type.Integer({ description: 'of these, those that were left as they are' }),
    createdAt: Instant,
    createdBy: Type.String(),
    endedAt: orNull(Instant),
  }),
);
export type Backfill = Static<typeof Backfill>;

export const BackfillPlan = planOf('BackfillPlan', {
  dagId: DagId,
  counts: exact({ run: Type.Integer(), retry: Type.Integer(), leave: Type.Integer() }),
  items: Type.Array(
    exact({
      logicalDate: Instant,
      dueAt: Instant,
      action: oneOf(['run', 'retry', 'leave'], 'a new run, the same run again, or nothing'),
      because: Because,
    }),
    { description: 'in the order in which they would be decided' },
  ),
});
export type BackfillPlan = Static<typeof BackfillPlan>;
