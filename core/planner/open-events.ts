import type { RunCause } from '../model/asset.ts';
import { type Because, type BecauseCode, because, type Facts } from '../model/because.ts';
import type { JsonObject } from '../model/json.ts';
import type { Agenda, ScheduledDag } from './agenda.ts';
import { adoptRun, loadRun } from './load.ts';
import { overlapOf, supersede, unfinishedRuns } from './overlap.ts';
import { ParamsFault } from './run-params.ts';
import type { RunWorld } from './run-world.ts';
import { slotRun } from './slot-run.ts';
import type { Turn } from './turn.ts';

/** Makes a run of the events that a DAG waits for, if enough have come and it may have one. */
export function openEvents(turn: Turn, agenda: Agenda, dag: ScheduledDag): void {
  const { awaited, state, spec, entry } = dag;
  if (state.paused || !state.present || !awaited.isRead || !awaited.isDue()) return;
  const busy = unfinishedRuns(turn, entry.dagId);
  const overlap = overlapOf(turn, spec, busy);
  // While it waits further events may come; it is looked at again when one of its runs ends.
  if (overlap === 'wait') return;
  if (overlap === 'skip') {
    takeEvents(turn, dag, 'events_overlap', { run: busy[0]?.record.uid ?? '' });
    return;
  }
  if (entry.params instanceof ParamsFault) {
    takeEvents(turn, dag, 'events_without_params', { error: entry.params.error });
    return;
  }
  const events = awaited.events();
  const assets = [...new Set(events.map(({ uri }) => uri))].join(', ');
  const reason = because('assets_changed', { assets });
  const run = startCaused(turn, agenda, dag, entry.params, { events, file: null }, reason);
  takeEvents(turn, dag, null);
  if (spec.overlap === 'cancel_running') supersede(turn, busy, run);
}

/** The events up to now do not count for a DAG. */
export function passEvents(turn: Turn, dag: ScheduledDag): void {
  if (dag.awaited.uris.size === 0 || dag.awaited.eventNo === turn.world.eventNo) return;
  takeEvents(turn, dag, null);
  turn.world.agenda?.unread.delete(dag.entry.dagId);
}

function takeEvents(turn: Turn, dag: ScheduledDag, code: BecauseCode | null, facts: Facts = {}): void {
  const { eventNo: to } = turn.world;
  const { dagId } = dag.entry;
  turn.actions.push({ type: 'asset.take', dagId, from: dag.awaited.eventNo, to, code, facts });
  dag.awaited = dag.awaited.after(to);
}

/** A run that events or a file have made. */
export function startCaused(
  turn: Turn,
  agenda: Agenda,
  { entry }: ScheduledDag,
  params: JsonObject,
  cause: RunCause,
  reason: Because,
): RunWorld {
  const { graph } = entry;
  const record = slotRun({
    entry,
    params,
    slot: null,
    cause,
    scope: {},
    runNo: agenda.nextRunNo(),
    at: turn.now.at,
    trigger: 'asset',
    because: reason,
  });
  const all = new Uint8Array(graph.size).fill(1);
  const run = loadRun({ run: record, expansions: [], instances: [] }, graph, all);
  turn.actions.push({ type: 'run.create', run: record });
  adoptRun(turn.world, run);
  return run;
}
