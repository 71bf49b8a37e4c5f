import type { Answer } from '../model/action.ts';
import type { BackfillRecord } from '../model/backfill.ts';
import type { BecauseCode, Facts } from '../model/because.ts';
import { abortRun } from './abort.ts';
import { type BackfillWorld, backfillWorld, runsOfBackfill } from './backfill-world.ts';
import type { Turn } from './turn.ts';

/** A request about a backfill, ready to be decided. */
export type BackfillRequest =
  | { readonly kind: 'createBackfill'; readonly backfill: BackfillRecord }
  /** `backfill` as the store has it; a scheduler takes the one that it works on. */
  | {
      readonly kind: 'changeBackfill';
      readonly backfill: BackfillRecord;
      readonly to: 'running' | 'paused' | 'cancelled';
      readonly by: string;
    };

/** Takes a backfill that was asked for, or pauses, resumes or cancels one. */
export function onBackfillRequest(turn: Turn, request: BackfillRequest): Answer {
  return request.kind === 'createBackfill'
    ? createBackfill(turn, request.backfill)
    : changeBackfill(turn, request.backfill, request.to, request.by);
}

function createBackfill(turn: Turn, backfill: BackfillRecord): Answer {
  turn.actions.push({ type: 'backfill.create', backfill });
  if (turn.world.agenda !== null) turn.world.backfills.set(backfill.backfillNo, backfillWorld(backfill));
  return { ok: true, value: { backfillId: backfill.backfillNo, slots: backfill.slots } };
}

function changeBackfill(
  turn: Turn,
  stored: BackfillRecord,
  to: 'running' | 'paused' | 'cancelled',
  by: string,
): Answer {
  const { backfillNo } = stored;
  const backfill = turn.world.backfills.get(backfillNo) ?? backfillWorld(stored);
  const { state } = backfill.record;
  if (state === to) return changed(backfill);
  if (state === 'done' || state === 'cancelled')
    return { ok: false, code: 'conflict', message: `backfill ${backfillNo} is already ${state}` };
  const code = to === 'running' ? 'backfill_resumed' : `backfill_${to}`;
  const endedAt = to === 'cancelled' ? turn.now.at : null;
  moveBackfill(turn, backfill, { ...backfill.record, state: to, endedAt }, code as BecauseCode, { by });
  for (const run of runsOfBackfill(turn.world, stored)) turn.world.ranking.touch(run);
  if (to === 'cancelled') cancelRuns(turn, stored, by);
  return changed(backfill);
}

function changed({ record }: BackfillWorld): Answer {
  return { ok: true, value: { backfillId: record.backfillNo, state: record.state } };
}

/** Cancels the unfinished runs of a backfill. */
export function cancelRuns(turn: Turn, backfill: BackfillRecord, by: string): void {
  for (const run of runsOfBackfill(turn.world, backfill))
    abortRun(turn, run, { code: 'cancelled_by_user', facts: { by }, state: 'cancelled' });
}

/** Brings a backfill to where it is now. */
export function moveBackfill(
  turn: Turn,
  backfill: BackfillWorld,
  to: BackfillRecord,
  code: BecauseCode | null,
  facts: Facts | null = null,
): void {
  const { state, cursorAt } = backfill.record;
  turn.actions.push({ type: 'backfill.change', from: { state, cursorAt }, backfill: to, code, facts });
  backfill.record = to;
}
