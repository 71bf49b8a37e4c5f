import { type BecauseCode, because, type Facts } from '../model/because.ts';
import type { RunRecord } from '../model/run.ts';
import type { Disposition, ScheduleState } from '../model/slot.ts';
import { cursorAtStart, type SlotRange, slotStep } from '../timetables/slot-step.ts';
import type { Slot } from '../timetables/timetable.ts';
import { type Agenda, type DagEntry, ScheduledDag, slotKey } from './agenda.ts';
import { AwaitedEvents } from './awaited-events.ts';
import { adoptRun, loadRun } from './load.ts';
import { openEvents, passEvents } from './open-events.ts';
import { openFiles } from './open-files.ts';
import { supersede, unfinishedRuns } from './overlap.ts';
import { ParamsFault } from './run-params.ts';
import type { RunWorld } from './run-world.ts';
import { slotRun } from './slot-run.ts';
import type { Turn } from './turn.ts';
import { runsLimit } from './world.ts';

/** Runs that one DAG starts in one turn: more wait for the next one, so that no other DAG waits for them. */
const RUNS_PER_TURN = 100;

/** Makes runs for the slots that are due, as far as the policies of their DAGs allow. */
export function openSlots(turn: Turn): void {
  const { agenda, draining } = turn.world;
  if (agenda === null || draining) return;
  const due: ScheduledDag[] = [];
  for (let dag = agenda.take(turn.now.at); dag !== null; dag = agenda.take(turn.now.at)) due.push(dag);
  for (const dag of due)
    guarded(turn, agenda, dag.entry.dagId, () => {
      openDue(turn, agenda, dag);
      openEvents(turn, agenda, dag);
      openFiles(turn, agenda, dag);
    });
}

/**
 * What fails at one DAG costs that DAG alone: nothing of it is decided in this turn, nor until it is seen
 * again.
 */
function guarded(turn: Turn, agenda: Agenda, dagId: string, decide: () => void): void {
  const decided = turn.actions.length;
  const { state, awaited } = agenda.dags.get(dagId) ?? {};
  const known = turn.world.runs.size;
  try {
    decide();
  } catch (error) {
    turn.actions.length = decided;
    for (const run of [...turn.world.runs.values()].slice(known)) turn.world.drop(run);
    const dag = agenda.dags.get(dagId);
    if (dag && state) dag.state = state;
    if (dag && awaited) dag.awaited = awaited;
    turn.faults.push({ dagId, message: error instanceof Error ? error.message : String(error) });
  }
}

function openDue(turn: Turn, agenda: Agenda, dag: ScheduledDag): void {
  const { timetable, policy, spec, state: before } = dag;
  if (timetable === null || before.paused || !before.present || before.cursorAt === null) return;
  const { now } = turn;
  let cursorAt = before.cursorAt;
  let dueAt = now.at;
  const superseded: [readonly RunWorld[], RunWorld][] = [];
  for (let made = 0; made < RUNS_PER_TURN; ) {
    const step = slotStep(timetable, policy, cursorAt, now.at);
    if (step.kind === 'wait') {
      dueAt = step.untilAt ?? Number.POSITIVE_INFINITY;
      break;
    }
    if (step.kind === 'leave') {
      const code = step.why === 'missed' ? 'slot_missed' : 'slot_skipped';
      leave(
        turn,
        dag,
        step,
        step.why,
        code,
        code === 'slot_missed' ? { graceMs: spec.misfireGraceMs ?? 0 } : {},
      );
      cursorAt = step.lastAt;
      continue;
    }
    const range = { firstAt: step.coalesced?.firstAt ?? step.slot.at, lastAt: step.slot.at };
    const taken = agenda.taken.get(slotKey(dag.entry.dagId, step.slot.logicalAt));
    if (taken !== undefined) {
      leave(turn, dag, range, 'skipped', 'slot_taken', { run: taken });
      cursorAt = step.slot.at;
      continue;
    }
    const busy = unfinishedRuns(turn, dag.entry.dagId);
    if (busy.length >= runsLimit(turn.world, spec)) {
      if (spec.overlap === undefined) {
        // It is looked at again when one of its runs ends.
        dueAt = Number.POSITIVE_INFINITY;
        break;
      }
      if (spec.overlap === 'skip') {
        leave(turn, dag, range, 'skipped', 'slot_overlap', { run: busy[0]?.record.uid ?? '' });
        cursorAt = step.slot.at;
        continue;
      }
    }
    const run = startRun(turn, agenda, dag, step.slot, step.coalesced);
    if (run !== null && spec.overlap === 'cancel_running') superseded.push([busy, run]);
    cursorAt = step.slot.at;
    made++;
  }
  if (cursorAt !== before.cursorAt) changeState(turn, dag, { ...before, cursorAt }, null);
  for (const [busy, by] of superseded) supersede(turn, busy, by);
  agenda.appoint(dag, dueAt);
}

/** The run of a slot; `null` if it cannot have one. */
function startRun(
  turn: Turn,
  agenda: Agenda,
  dag: ScheduledDag,
  slot: Slot,
  coalesced: SlotRange | null,
): RunWorld | null {
  const { entry } = dag;
  const { graph, params } = entry;
  const slotText = new Date(slot.logicalAt).toISOString();
  if (params instanceof ParamsFault) {
    const range = { firstAt: coalesced?.firstAt ?? slot.at, lastAt: slot.at };
    leave(turn, dag, range, 'skipped', 'slot_without_params', { error: params.error });
    return null;
  }
  const record = slotRun({
    entry,
    params,
    slot,
    scope: {},
    runNo: agenda.nextRunNo(),
    at: turn.now.at,
    trigger: 'schedule',
    because: because('scheduled', { slot: slotText }),
  });
  const run = loadRun(
    { run: record, expansions: [], instances: [] },
    graph,
    new Uint8Array(graph.size).fill(1),
  );
  turn.actions.push({ type: 'run.create', run: record });
  if (coalesced !== null)
    leave(turn, dag, coalesced, 'coalesced', 'slot_coalesced', { slot: slotText }, record.runNo);
  leave(
    turn,
    dag,
    { firstAt: slot.at, lastAt: slot.at },
    'run',
    'scheduled',
    { slot: slotText },
    record.runNo,
  );
  adoptRun(turn.world, run);
  turn.world.dagLoad(entry.dagId).slotRuns++;
  return run;
}

/** Records what became of slots. */
function leave(
  turn: Turn,
  dag: ScheduledDag,
  { firstAt, lastAt }: SlotRange,
  disposition: Disposition,
  code: BecauseCode,
  facts: Facts,
  runNo: RunRecord['runNo'] | null = null,
): void {
  const { dagId } = dag.entry;
  const decidedAt = turn.now.at;
  const span = { dagId, firstAt, lastAt, disposition, runNo, decidedAt, because: because(code, facts) };
  turn.actions.push({ type: 'slots', span });
}

/** A DAG file was read: its DAG is on the agenda from now on, as it is declared now. */
export function onDagSeen(turn: Turn, entry: DagEntry, isRescheduled: boolean): void {
  const { agenda } = turn.world;
  if (agenda === null) return;
  guarded(turn, agenda, entry.dagId, () => takeUp(turn, agenda, entry, isRescheduled));
}

function takeUp(turn: Turn, agenda: Agenda, entry: DagEntry, isRescheduled: boolean): void {
  const known = agenda.dags.get(entry.dagId);
  // The store may have been read a while ago.
  const dag = new ScheduledDag(entry, known);
  if (known !== undefined) known.dueAt = Number.NaN;
  if (known !== undefined) takeOver(known, dag);
  agenda.dags.set(entry.dagId, dag);
  agenda.await(dag, known);
  const { sinceAt, present } = dag.state;
  if (sinceAt === null) activate(turn, dag);
  else if (!present) comeBack(turn, dag);
  else if (isRescheduled && !dag.policy.catchup) skipTo(turn, dag, 'schedule_changed');
  // What it makes up begins where it stands: all that changes is by which version slots are decided.
  else if (isRescheduled) changeState(turn, dag, dag.state, null);
  applyPause(turn, dag);
  agenda.appoint(dag, turn.now.at);
}

/** A DAG goes on with what another version of it has heard, as far as it waits for the same. */
function takeOver(known: ScheduledDag, dag: ScheduledDag): void {
  if (!isRescheduledBy(known, dag)) dag.awaited = known.awaited;
  else dag.awaited = new AwaitedEvents(dag.spec.schedule ?? [], known.awaited.eventNo);
}

function isRescheduledBy(known: ScheduledDag, dag: ScheduledDag): boolean {
  return JSON.stringify(known.awaited.schedules) !== JSON.stringify(dag.awaited.schedules);
}

function activate(turn: Turn, dag: ScheduledDag): void {
  const { spec, timetable, policy } = dag;
  const startAt = spec.startAt === undefined ? null : Date.parse(spec.startAt);
  const how = spec.onActivate ?? (policy.catchup ? 'all' : 'next');
  const cursorAt = timetable === null ? turn.now.at : cursorAtStart(timetable, how, startAt, turn.now.at);
  changeState(turn, dag, { ...dag.state, present: true, sinceAt: turn.now.at, cursorAt }, 'dag_seen');
  if (!policy.catchup) passEvents(turn, dag);
}

function comeBack(turn: Turn, dag: ScheduledDag): void {
  if (!dag.policy.catchup) passOver(turn, dag, 'paused', 'slot_absent');
  const cursorAt = dag.policy.catchup ? dag.state.cursorAt : Math.max(dag.state.cursorAt ?? 0, turn.now.at);
  changeState(turn, dag, { ...dag.state, present: true, sinceAt: turn.now.at, cursorAt }, 'dag_seen');
  if (!dag.policy.catchup) passEvents(turn, dag);
}

/** Slots of another schedule count from now on: those of the past were never promised. */
function skipTo(turn: Turn, dag: ScheduledDag, code: BecauseCode): void {
  const cursorAt = Math.max(dag.state.cursorAt ?? 0, turn.now.at);
  changeState(turn, dag, { ...dag.state, cursorAt }, code);
  passEvents(turn, dag);
}

/** Records all slots after the cursor that are due as passed over. */
function passOver(turn: Turn, dag: ScheduledDag, disposition: Disposition, code: BecauseCode): void {
  const { timetable, state } = dag;
  const first = timetable === null || state.cursorAt === null ? null : timetable.next(state.cursorAt);
  const last = timetable?.previous(turn.now.at) ?? null;
  if (first === null || last === null || last.at < first.at) return;
  leave(turn, dag, { firstAt: first.at, lastAt: last.at }, disposition, code, {});
}

/** A DAG that is paused or absent and makes nothing up: what is due is passed over, so that it is decided. */
export function passOverNow(turn: Turn, dag: ScheduledDag): void {
  const { cursorAt, paused } = dag.state;
  if (cursorAt === null || cursorAt >= turn.now.at) return;
  passOver(turn, dag, 'paused', paused ? 'slot_paused' : 'slot_absent');
  changeState(turn, dag, { ...dag.state, cursorAt: turn.now.at }, null);
}

/**
 * No file declares a DAG any more: its runs go on, its slots do not. One that went while nobody led is not on
 * the agenda: then what the store has of it counts.
 */
export function onDagGone(turn: Turn, dagId: string, stored: ScheduleState): void {
  const { agenda } = turn.world;
  if (agenda === null) return;
  const dag = agenda.dags.get(dagId) ?? { entry: { dagId }, state: stored, dueAt: 0 };
  if (!dag.state.present) return;
  changeState(turn, dag, { ...dag.state, present: false }, 'dag_removed');
  const declared = agenda.dags.get(dagId);
  if (declared) agenda.release(declared);
  dag.dueAt = Number.POSITIVE_INFINITY;
}

/** Pauses or unpauses a DAG. With `catchup` the slots of the pause are made up, otherwise passed over. */
export function setPaused(turn: Turn, dag: ScheduledDag, paused: boolean, by: string): void {
  if (dag.state.paused === paused) return;
  const code = paused ? 'dag_paused' : 'dag_unpaused';
  if (!paused && !dag.policy.catchup) passOver(turn, dag, 'paused', 'slot_paused');
  const cursorAt =
    paused || dag.policy.catchup || dag.state.cursorAt === null
      ? dag.state.cursorAt
      : Math.max(dag.state.cursorAt, turn.now.at);
  const sinceAt = paused || dag.state.sinceAt === null ? dag.state.sinceAt : turn.now.at;
  changeState(turn, dag, { ...dag.state, paused, sinceAt, cursorAt }, code, { by });
  if (!paused && !dag.policy.catchup) passEvents(turn, dag);
  if (!paused) dag.failures = 0;
  applyPause(turn, dag);
  turn.world.agenda?.appoint(dag, turn.now.at);
}

/** Ready tasks of scheduled runs wait while their DAG is paused. */
function applyPause(turn: Turn, dag: ScheduledDag): void {
  const { dagId } = dag.entry;
  const { world } = turn;
  if ((world.dags.get(dagId)?.paused ?? false) === dag.state.paused) return;
  const load = world.dagLoad(dagId);
  load.paused = dag.state.paused;
  for (const run of load.inMemory.values()) world.ranking.touch(run);
}

/** A run of a DAG has ended: a slot that waited for it may have its turn, unless too many have failed. */
export function onRunEnded(turn: Turn, run: RunWorld): void {
  const dag = turn.world.agenda?.dags.get(run.record.dagId);
  if (!dag) return;
  if (run.record.state === 'failed') dag.failures++;
  else if (run.record.state === 'success') dag.failures = 0;
  const { pauseAfterFailures = Number.POSITIVE_INFINITY } = dag.spec;
  if (dag.failures >= pauseAfterFailures && !dag.state.paused) {
    changeState(turn, dag, { ...dag.state, paused: true }, 'dag_failing', { failures: dag.failures });
    applyPause(turn, dag);
  }
  if (dag.dueAt > turn.now.at) turn.world.agenda?.appoint(dag, turn.now.at);
}

function changeState(
  turn: Turn,
  dag: { readonly entry: Pick<DagEntry, 'dagId'> & Partial<DagEntry>; state: ScheduleState },
  state: ScheduleState,
  code: BecauseCode | null,
  facts: Facts | null = null,
): void {
  const { dagId, versionNo } = dag.entry;
  // Who leads without an agenda has not compared its schedule with the one before.
  const decided = versionNo === undefined || turn.world.agenda === null ? {} : { versionNo };
  const fromCursorAt = dag.state.cursorAt;
  turn.actions.push({ type: 'dag.change', dagId, fromCursorAt, state, ...decided, code, facts });
  dag.state = state;
}
