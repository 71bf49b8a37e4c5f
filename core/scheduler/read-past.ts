import { compileGraph } from '../graph/graph.ts';
import { selectScope } from '../graph/select.ts';
import type { DagSpec } from '../model/dag.ts';
import type { RunScope } from '../model/scope.ts';
import type { PastOffer } from '../planner/pasts.ts';
import type { RunWorld } from '../planner/run-world.ts';
import { worldOf } from '../store/read-run-view.ts';
import type { Store } from '../store/store.ts';

/** What of a store is read for the past of a run. */
export type PastStore = Pick<Store, 'runBefore' | 'loadRun' | 'scopesBefore' | 'version' | 'backfill'>;

/** Runs whose scope leaves tasks out are passed over; after so many of them nothing older is looked for. */
const RUNS_MAX = 50;

/**
 * Reads what the tasks of a run with cross-run rules look at: the runs of the slots before it, newest first,
 * down to the first one in whose scope all these tasks are. `live` are those in memory.
 */
export async function readPast(
  store: PastStore,
  run: RunWorld,
  live: ReadonlyMap<number, RunWorld>,
): Promise<Omit<PastOffer, 'changes'>> {
  const { record } = run;
  const { dagId, runNo } = record;
  const paths = pathsLookingBack(run.graph.spec);
  const runs: RunWorld[] = [];
  let before = record.logicalAt ?? 0;
  while (runs.length < RUNS_MAX) {
    const found = await store.runBefore(dagId, before);
    if (found === null) break;
    before = found.logicalAt ?? 0;
    const world = live.get(found.runNo) ?? (await readWorld(store, found.runNo));
    if (world === null) continue;
    runs.push(world);
    if (paths.every((path) => isInScope(world, path))) break;
  }
  const missing = paths.filter((path) => runs.length > 0 && !runs.at(-1)?.graph.nodeOfPath.has(path));
  const hadBefore = missing.length === 0 ? [] : await hadEarlier(store, dagId, before, missing);
  return { runNo, runs, hadBefore: new Set(hadBefore), isFirst: await isFirstOfBackfill(store, run) };
}

function pathsLookingBack(spec: DagSpec): string[] {
  return spec.tasks.filter((task) => task.dependsOnPast).map((task) => task.path);
}

async function readWorld(store: PastStore, runNo: RunWorld['record']['runNo']): Promise<RunWorld | null> {
  const stored = await store.loadRun(runNo);
  return stored === null ? null : worldOf(stored);
}

/** A run that has no such task says something about it too. */
function isInScope(run: RunWorld, path: string): boolean {
  const template = run.graph.nodeOfPath.get(path);
  return run.wantedKeys === null && (template === undefined || run.selected[template] === 1);
}

/** Of some tasks those that a run before an instant had in its scope. */
async function hadEarlier(
  store: PastStore,
  dagId: string,
  logicalAt: number,
  paths: readonly string[],
): Promise<readonly string[]> {
  const had = new Set<string>();
  for (const { versionNo, scope } of await store.scopesBefore(dagId, logicalAt)) {
    const version = await store.version(versionNo);
    for (const path of version === null ? [] : paths)
      if (!had.has(path) && hasInScope(version?.spec as DagSpec, scope, path)) had.add(path);
  }
  return [...had];
}

function hasInScope(spec: DagSpec, scope: RunScope, path: string): boolean {
  if (!spec.tasks.some((task) => task.path === path)) return false;
  if (Object.keys(scope).length === 0) return true;
  const graph = compileGraph(spec);
  const selection = selectScope(graph, scope);
  return selection.ok && selection.selected[graph.nodeOfPath.get(path) as number] === 1;
}

async function isFirstOfBackfill(store: PastStore, { record }: RunWorld): Promise<boolean> {
  if (record.backfillNo === undefined) return false;
  const backfill = await store.backfill(record.backfillNo);
  return backfill !== null && backfill.firstAt === (record.intervalEndAt ?? record.logicalAt);
}
