import { compileGraph } from '../core/graph/graph.ts';
import { type DagSpec, startsAttempts } from '../core/model/dag.ts';
import { didYouMean } from '../core/model/did-you-mean.ts';
import { AppError } from '../core/model/errors.ts';
import { paramsOfRun } from '../core/scheduler/dag-entry.ts';
import { assumeOutputs } from '../core/simulation/assume.ts';
import type { SimulatedDag } from '../core/simulation/simulation.ts';
import type { DagHistory } from './dag-history.ts';

/** A DAG as it is simulated, and where that comes from. */
export interface PreparedDag {
  readonly dag: SimulatedDag;
  readonly spec: DagSpec;
  /** What had to be assumed because no task gives anything in a simulation. */
  readonly assumptions: readonly string[];
  /** Time of an attempt by the path of its task; only tasks that are run. */
  readonly durations: ReadonlyMap<string, { readonly ms: number; readonly isKnown: boolean }>;
}

/** Makes a DAG ready to be simulated from what its past runs tell; other tasks take `otherwiseMs`. */
export function prepareDag(spec: DagSpec, history: DagHistory, otherwiseMs: number): PreparedDag {
  const { spec: assumed, assumptions } = assumeOutputs(spec, (path) => history.keys.get(path) ?? null);
  const params = paramsOfRun(spec, {});
  const attempted = spec.tasks.filter(({ action }) => startsAttempts(action));
  const durations = new Map(
    attempted.map(({ path }) => {
      const ms = history.durations.get(path);
      return [path, { ms: ms ?? otherwiseMs, isKnown: ms !== undefined }];
    }),
  );
  const durationOf = (path: string): number => durations.get(path)?.ms ?? 0;
  return { dag: { graph: compileGraph(assumed), params, durationOf }, spec, assumptions, durations };
}

/**
 * The test for the tasks of `--fail`, each written as a path or `<dag>.<path>`.
 * @throws AppError `not_found` if no DAG has such a task.
 */
export function failing(
  specs: readonly DagSpec[],
  names: readonly string[],
): (dagId: string, path: string) => boolean {
  const failed = new Set<string>();
  const full = specs.flatMap(({ id, tasks }) => tasks.map(({ path }) => ({ id, path })));
  for (const name of names) {
    const found = full.filter(({ id, path }) => path === name || `${id}.${path}` === name);
    for (const { id, path } of found) failed.add(`${id}.${path}`);
    if (found.length > 0) continue;
    const hint = didYouMean(name, [...new Set(full.map(({ path }) => path))]);
    throw new AppError(
      'not_found',
      `No DAG that is simulated has a task '${name}'.${hint ? ` ${hint}` : ''}`,
    );
  }
  return (dagId, path) => failed.has(`${dagId}.${path}`);
}
