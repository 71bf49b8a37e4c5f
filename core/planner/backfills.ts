import { scopeError } from '../graph/required-selection.ts';
import { selectScope } from '../graph/select.ts';
import { because } from '../model/because.ts';
import type { Agenda, ScheduledDag } from './agenda.ts';
import { cancelRuns, moveBackfill } from './backfill-requests.ts';
import {
  type BackfillOffer,
  type BackfillWorld,
  type OfferedSlot,
  roomOf,
  runsOfBackfill,
} from './backfill-world.ts';
import { adoptRun, loadRun } from './load.ts';
import { passOverNow } from './open-slots.ts';
import { retry } from './requests.ts';
import { ParamsFault, type RunParams } from './run-params.ts';
import { fateOf, passesOver } from './slot-fate.ts';
import { slotRun } from './slot-run.ts';
import type { Turn } from './turn.ts';

/** Decides about the slots that were read for backfills, as far as their limits allow. */
export function takeOffers(turn: Turn): void {
  const { agenda, backfills, draining } = turn.world;
  if (agenda === null || backfills.size === 0) return;
  for (const backfill of backfills.values()) {
    const { offer, record } = backfill;
    if (offer !== null) {
      backfill.offer = null;
      backfill.isOffered = false;
      const dag = agenda.dags.get(record.dagId);
      if (dag && !draining && isCurrent(turn, backfill, dag, offer))
        guarded(turn, agenda, backfill, dag, offer);
    }
    // A leader that could not see the runs of a backfill has cancelled it.
    if (record.state === 'cancelled') cancelRuns(turn, record, `backfill ${record.backfillNo}`);
  }
}

function isCurrent(
  turn: Turn,
  { record }: BackfillWorld,
  { entry }: ScheduledDag,
  offer: BackfillOffer,
): boolean {
  const { slotRuns } = turn.world.dagLoad(record.dagId);
  const isSeen = slotRuns === offer.slotRuns && entry.versionNo === offer.versionNo;
  return record.state === 'running' && record.cursorAt === offer.fromCursorAt && isSeen;
}

/** A backfill that fails is paused and says why; nothing of this turn of it stays. */
function guarded(
  turn: Turn,
  agenda: Agenda,
  backfill: BackfillWorld,
  dag: ScheduledDag,
  offer: BackfillOffer,
): void {
  const decided = turn.actions.length;
  const { record } = backfill;
  const before = dag.state;
  const runs = new Set(turn.world.runs.keys());
  try {
    if (offer.error !== undefined) throw new Error(offer.error);
    decide(turn, agenda, backfill, dag, offer);
  } catch (error) {
    turn.actions.length = decided;
    for (const [runNo, run] of turn.world.runs) if (!runs.has(runNo)) turn.world.drop(run);
    dag.state = before;
    backfill.record = record;
    backfill.isDecided = false;
    const text = error instanceof Error ? error.message : String(error);
    moveBackfill(turn, backfill, { ...record, state: 'paused' }, 'backfill_stuck', { error: text });
  }
}

function decide(
  turn: Turn,
  agenda: Agenda,
  backfill: BackfillWorld,
  dag: ScheduledDag,
  { slots, params, isLast }: BackfillOffer,
): void {
  let room = roomOf(turn.world, backfill);
  let { record } = backfill;
  let isDone = isLast;
  if (passesOver(dag)) passOverNow(turn, dag);
  for (const offered of slots) {
    const { slot, existing } = offered;
    const known = existing === null ? null : (turn.world.runs.get(existing.runNo)?.record ?? existing);
    const { what } = fateOf(slot, known, record.which, dag.state.cursorAt ?? Number.NEGATIVE_INFINITY);
    if (what !== 'leave' && (room <= 0 || (what === 'retry' && offered.run === null))) {
      isDone = false;
      break;
    }
    const isTaken =
      what === 'run'
        ? start(turn, agenda, backfill, dag, offered, params)
        : what === 'retry' && again(turn, backfill, offered);
    const spared = record.spared + (isTaken ? 0 : 1);
    record = { ...record, cursorAt: slot.at, decided: record.decided + 1, spared };
    if (!isTaken) continue;
    room--;
    moveBackfill(turn, backfill, record, null);
  }
  if (record !== backfill.record) moveBackfill(turn, backfill, record, null);
  backfill.isDecided = isDone;
}

function start(
  turn: Turn,
  agenda: Agenda,
  { record: { backfillNo, scope } }: BackfillWorld,
  { entry }: ScheduledDag,
  { slot }: OfferedSlot,
  params: RunParams,
): true {
  const { graph } = entry;
  if (params instanceof ParamsFault) throw new Error(`no run with its params: ${params.error}`);
  const selection = selectScope(graph, scope);
  if (!selection.ok) throw scopeError(graph, selection.problems);
  const reason = because('backfilled', {
    backfill: backfillNo,
    slot: new Date(slot.logicalAt).toISOString(),
  });
  const record = slotRun({
    entry,
    params,
    slot,
    scope,
    backfillNo,
    runNo: agenda.nextRunNo(),
    at: turn.now.at,
    trigger: 'backfill',
    because: reason,
  });
  const run = loadRun({ run: record, expansions: [], instances: [] }, graph, selection.selected);
  turn.actions.push({ type: 'run.create', run: record });
  adoptRun(turn.world, run);
  turn.world.dagLoad(entry.dagId).slotRuns++;
  return true;
}

/** Retries the run of a slot in place; false if there is nothing to retry in it. */
function again(turn: Turn, { record }: BackfillWorld, { run, slot }: OfferedSlot): boolean {
  if (run === null) return false;
  const { backfillNo, which } = record;
  const before = run.record;
  run.record = { ...before, backfillNo };
  const select = which === 'all' ? 'all' : 'failed';
  const by = `backfill ${backfillNo}`;
  const answer = retry(turn, { run, by, selection: { select } });
  if (!answer.ok) {
    run.record = before;
    return false;
  }
  const { runNo, state } = run.record;
  const facts = { backfill: backfillNo, slot: new Date(slot.logicalAt).toISOString() };
  turn.actions.push({
    type: 'run.change',
    runNo,
    from: state,
    to: state,
    code: 'backfilled',
    facts,
    backfillNo,
  });
  return true;
}

/** Ends backfills that have no slot and no run left, and forgets what has ended. */
export function endBackfills(turn: Turn): void {
  for (const backfill of turn.world.backfills.values()) {
    const { record, isDecided } = backfill;
    if (record.state === 'paused' || (record.state === 'running' && !isDecided)) continue;
    if (runsOfBackfill(turn.world, record).length > 0) continue;
    if (record.state === 'running') {
      moveBackfill(turn, backfill, { ...record, state: 'done', endedAt: turn.now.at }, 'backfill_done');
    }
    turn.world.backfills.delete(record.backfillNo);
  }
}
