import type { FileArrival } from '../model/asset.ts';
import { type BecauseCode, because, type Facts } from '../model/because.ts';
import type { RunNo } from '../model/ids.ts';
import type { Agenda, ScheduledDag } from './agenda.ts';
import { startCaused } from './open-events.ts';
import { overlapOf, supersede, unfinishedRuns } from './overlap.ts';
import { ParamsFault } from './run-params.ts';
import type { Turn } from './turn.ts';

/** Runs that one DAG starts in one turn: more wait for the next one, so that no other DAG waits for them. */
const RUNS_PER_TURN = 100;

/** A file for which a DAG waits has arrived and stands still. */
export function onFileArrived(turn: Turn, file: FileArrival): void {
  const { agenda } = turn.world;
  const dag = agenda?.dags.get(file.dagId);
  if (!agenda || !dag?.files) return;
  dag.files.set(file.path, file);
  agenda.appoint(dag, Math.min(dag.dueAt, turn.now.at));
}

/**
 * Makes a run for each file that has arrived, in the order of arrival, as far as the DAG may have runs.
 * Without `catchup` a file that was there before the DAG became active, or in a pause, has none.
 */
export function openFiles(turn: Turn, agenda: Agenda, dag: ScheduledDag): void {
  const { state, spec, entry, policy, files: arrived } = dag;
  if (arrived === null || arrived.size === 0 || state.paused || !state.present) return;
  const files = [...arrived.values()].sort((a, b) => a.arrivedAt - b.arrivedAt || (a.path < b.path ? -1 : 1));
  let made = 0;
  for (const file of files) {
    if (!policy.catchup && file.arrivedAt < (state.sinceAt ?? 0)) {
      takeFile(turn, dag, file, null, 'file_passed');
      continue;
    }
    if (entry.params instanceof ParamsFault) {
      takeFile(turn, dag, file, null, 'file_without_params', { error: entry.params.error });
      continue;
    }
    const busy = unfinishedRuns(turn, entry.dagId);
    const overlap = overlapOf(turn, spec, busy);
    if (overlap === 'wait') return;
    if (overlap === 'skip') {
      takeFile(turn, dag, file, null, 'file_overlap', { run: busy[0]?.record.uid ?? '' });
      continue;
    }
    if (made++ >= RUNS_PER_TURN) return agenda.appoint(dag, Math.min(dag.dueAt, turn.now.at));
    const reason = because('file_arrived', { file: file.path });
    const run = startCaused(turn, agenda, dag, entry.params, { events: [], file }, reason);
    takeFile(turn, dag, file, run.record.runNo, 'file_arrived');
    if (spec.overlap === 'cancel_running') supersede(turn, busy, run);
  }
}

function takeFile(
  turn: Turn,
  dag: ScheduledDag,
  file: FileArrival,
  runNo: RunNo | null,
  code: BecauseCode,
  facts: Facts = {},
): void {
  dag.files?.delete(file.path);
  turn.actions.push({ type: 'file.take', file, decidedAt: turn.now.at, runNo, code, facts });
}
