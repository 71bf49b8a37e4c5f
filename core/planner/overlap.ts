import { abortRun } from './abort.ts';
import type { AgendaSpec } from './agenda-spec.ts';
import type { RunWorld } from './run-world.ts';
import type { Turn } from './turn.ts';
import { isOfBackfill, runsLimit } from './world.ts';

/** The unfinished runs of a DAG that count towards its limit. */
export function unfinishedRuns(turn: Turn, dagId: string): RunWorld[] {
  return [...turn.world.dagLoad(dagId).inMemory.values()].filter(
    ({ record, abort }) => !abort && !isOfBackfill(turn.world, record),
  );
}

/** Whether a run that nobody asked for may be made beside those under way, or waits, or is left out. */
export function overlapOf(turn: Turn, spec: AgendaSpec, busy: readonly RunWorld[]): 'run' | 'wait' | 'skip' {
  if (busy.length < runsLimit(turn.world, spec) || spec.overlap === 'cancel_running') return 'run';
  return spec.overlap === 'skip' ? 'skip' : 'wait';
}

/** Cancels runs for a newer one. */
export function supersede(turn: Turn, busy: readonly RunWorld[], by: RunWorld): void {
  for (const old of busy)
    abortRun(turn, old, { code: 'superseded', facts: { run: by.record.uid }, state: 'cancelled' });
}
