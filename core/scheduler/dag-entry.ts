import { compileGraph, type Graph } from '../graph/graph.ts';
import type { DagSpec } from '../model/dag.ts';
import type { VersionNo } from '../model/ids.ts';
import type { JsonObject } from '../model/json.ts';
import type { ScheduleState } from '../model/slot.ts';
import type { DagEntry } from '../planner/agenda.ts';
import type { AgendaSpec } from '../planner/agenda-spec.ts';
import { ParamsFault, type RunParams } from '../planner/run-params.ts';
import { checkParams } from '../schema/params.ts';
import type { Store, VersionRecord } from '../store/store.ts';

/**
 * A version as the planner wants it for its agenda. `failures`, `agendaSpec`: see {@link DagEntry}; with the
 * latter the graph of the version is not looked at before it has a run.
 */
export function entryOf(
  version: VersionRecord,
  state: ScheduleState & { readonly eventNo?: number },
  failures = 0,
  agendaSpec: AgendaSpec = version.spec,
): DagEntry {
  return new VersionEntry(version, state, failures, agendaSpec);
}

/** Most DAGs of many have no run for a long time: what only runs need is made when the first one does. */
class VersionEntry implements DagEntry {
  readonly dagId: string;
  readonly versionNo: VersionNo;
  readonly agendaSpec: AgendaSpec;
  readonly state: ScheduleState;
  readonly failures: number;
  readonly eventNo: number;
  readonly #version: VersionRecord;
  #graph: Graph | null = null;
  #params: RunParams | null = null;

  constructor(
    version: VersionRecord,
    state: ScheduleState & { readonly eventNo?: number },
    failures: number,
    agendaSpec: AgendaSpec,
  ) {
    const { paused, present, sinceAt, cursorAt } = state;
    this.dagId = version.dagId;
    this.versionNo = version.versionNo;
    this.agendaSpec = agendaSpec;
    this.#version = version;
    this.state = { paused, present, sinceAt, cursorAt };
    this.failures = failures;
    this.eventNo = state.eventNo ?? 0;
  }

  get spec(): DagSpec {
    return this.#version.spec;
  }

  get graph(): Graph {
    this.#graph ??= compileGraph(this.spec);
    return this.#graph;
  }

  get params(): RunParams {
    this.#params ??= paramsOfRun(this.spec, {});
    return this.#params;
  }
}

/** The params of a run that was given these: defaults filled in, and checked. */
export function paramsOfRun(spec: DagSpec, given: JsonObject): RunParams {
  const checked = checkParams(spec, given);
  if (checked.ok) return checked.params;
  return new ParamsFault(checked.problems.map(({ message }) => message).join('; '));
}

/** Whether two versions of a DAG are due at different times. */
export function isRescheduled(before: DagSpec, after: DagSpec): boolean {
  const timesOf = ({ schedule, timezone, startAt, endAt }: DagSpec): string =>
    JSON.stringify([schedule ?? [], timezone ?? 'UTC', startAt ?? null, endAt ?? null]);
  return timesOf(before) !== timesOf(after);
}

/** How many runs of a DAG have failed one after the other since it became active or was unpaused. */
export async function failuresOf(
  store: Store,
  { dagId, spec }: { readonly dagId: string; readonly spec: AgendaSpec },
  state: ScheduleState,
): Promise<number> {
  if (spec.pauseAfterFailures === undefined) return 0;
  const limit = spec.pauseAfterFailures;
  const runs = await store.runs({ dagId, states: ['success', 'failed'], limit });
  const counted = runs.filter(({ endedAt }) => (endedAt ?? 0) > (state.sinceAt ?? 0));
  const lastSuccess = counted.findIndex((run) => run.state === 'success');
  return lastSuccess < 0 ? counted.length : lastSuccess;
}
