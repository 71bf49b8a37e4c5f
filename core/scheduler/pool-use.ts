import { S } from '../model/states.ts';
import { explain } from '../planner/explain.ts';
import { adoptRun } from '../planner/load.ts';
import type { World } from '../planner/world.ts';
import { readWorlds } from '../store/read-worlds.ts';
import type { Project } from './project.ts';
import { adoptHolders, worldWithoutRuns } from './why.ts';

/** A pool, what unfinished runs hold of it, and what they want. */
export interface PoolUse {
  readonly name: string;
  readonly slots: number;
  /** Slots that attempts hold. */
  readonly used: number;
  /** Task instances that could run if there were a slot for them. */
  readonly waiting: number;
}

/** What holds slots or waits for them, as a leader would have it: of paused runs what they hold alone. */
async function worldOfActive(project: Project): Promise<World> {
  const { store } = project;
  const world = await worldWithoutRuns(project);
  const active = Map.groupBy(await store.overview.activeRuns(), ({ state }) => state);
  await adoptHolders(store, world, active.get('paused') ?? []);
  const running = await store.overview.runsOf((active.get('running') ?? []).map(({ runNo }) => runNo));
  for (const run of await readWorlds(
    store,
    running.filter(({ state }) => state === 'running'),
  ))
    adoptRun(world, run);
  return world;
}

/**
 * The use of all pools, by the functions of the planner: which instances are ready is nowhere stored. Reads
 * every run under way; those that are queued neither hold nor want a slot.
 */
export async function readPoolUse(project: Project): Promise<PoolUse[]> {
  const world = await worldOfActive(project);
  const waiting = new Map<string, number>();
  for (const run of world.runs.values())
    for (const { node, template, block } of run.existing()) {
      if (run.state[node] !== S.none || !run.isTask(template) || !run.isSelected(template, block)) continue;
      const { checks } = explain(world, run, node, null);
      if (!checks.some(({ name, ok }) => name === 'slots' && !ok)) continue;
      const pool = run.templates.pool[template] as string;
      waiting.set(pool, (waiting.get(pool) ?? 0) + 1);
    }
  return [...world.pools.values()].flatMap(({ name, slots, used }) =>
    slots === null ? [] : [{ name, slots, used, waiting: waiting.get(name) ?? 0 }],
  );
}
