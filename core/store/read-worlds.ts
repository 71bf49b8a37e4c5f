import type { RunRecord } from '../model/run.ts';
import { loadRun } from '../planner/load.ts';
import type { RunWorld } from '../planner/run-world.ts';
import { toExpansion } from './records.ts';
import { graphOf, selectedIn } from './run-frame.ts';
import type { Store, VersionRecord } from './store.ts';

/**
 * Runs with the states of all their nodes, in the order of these. What a leader has beside that, such as
 * checkpoints and what the cache was asked for, is left out.
 */
export async function readWorlds(store: Store, runs: readonly RunRecord[]): Promise<readonly RunWorld[]> {
  const runNos = runs.map(({ runNo }) => runNo);
  const versions = await store.versions(runs.map(({ versionNo }) => versionNo));
  const keys = await store.overview.keys(runNos);
  const instances = await store.overview.instancesOf(runNos);
  return runs.map((run) => {
    const graph = graphOf((versions.get(run.versionNo) as VersionRecord).spec);
    const expansions = (keys.get(run.runNo) ?? []).map((row) => toExpansion({ ...row, items: null }));
    const stored = { run, expansions, instances: instances.get(run.runNo) ?? [] };
    return loadRun(stored, graph, selectedIn(graph, run));
  });
}
