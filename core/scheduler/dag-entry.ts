import { compileGraph } from '../graph/graph.ts';
import type { DagSpec } from '../model/dag.ts';
import type { ScheduleState } from '../model/slot.ts';
import type { DagEntry } from '../planner/agenda.ts';
import { checkParams } from '../schema/params.ts';
import type { VersionRecord } from '../store/store.ts';

/** A version as the planner wants it for its agenda. */
export function entryOf(version: VersionRecord, state: ScheduleState): DagEntry {
  const { dagId, versionNo, spec } = version;
  const checked = checkParams(spec, {});
  const params = checked.ok
    ? checked.params
    : { error: checked.problems.map(({ message }) => message).join('; ') };
  const { paused, present, sinceAt, cursorAt } = state;
  return {
    dagId,
    versionNo,
    graph: compileGraph(spec),
    params,
    state: { paused, present, sinceAt, cursorAt },
  };
}

/** Whether two versions of a DAG are due at different times. */
export function isRescheduled(before: DagSpec, after: DagSpec): boolean {
  const timesOf = ({ schedule, timezone, startAt, endAt }: DagSpec): string =>
    JSON.stringify([schedule ?? [], timezone ?? 'UTC', startAt ?? null, endAt ?? null]);
  return timesOf(before) !== timesOf(after);
}
