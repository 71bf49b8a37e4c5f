import { fanOutAt, GATE, taskAt } from '../../../core/graph/graph.ts';
import { FIRST_FINISHED, holdsSlot, S } from '../../../core/model/states.ts';
import { laneOf } from '../../../core/planner/lanes.ts';
import { keysOf } from '../../../core/planner/list-keys.ts';
import type { Lane } from '../../../core/planner/ranking.ts';
import { CUT, type RunWorld, TOTAL, UPSTREAM_FAILED } from '../../../core/planner/run-world.ts';
import { expansionsAround, isCapped, parallelLimit, refusal } from '../../../core/planner/slots.ts';
import { runLimit, runsLimit, type World } from '../../../core/planner/world.ts';
import type { ShadowStore } from './shadow-store.ts';

function same(what: string, live: unknown, expected: unknown): void {
  const one = JSON.stringify(live);
  const other = JSON.stringify(expected);
  if (one !== other) throw new Error(`${what}: memory has ${one}, the store gives ${other}`);
}

/** Memory equals what the store gives: S6 of the reliability rules, for every run of the world. */
export function checkFold(world: World, store: ShadowStore): void {
  for (const run of world.runs.values()) checkRun(run, store.load(run.record.runNo, run.graph));
}

function checkRun(run: RunWorld, loaded: RunWorld): void {
  const { runNo } = run.record;
  same(`run ${runNo}`, { ...run.record, because: null }, { ...loaded.record, because: null });
  same(`run ${runNo} abort`, run.abort, loaded.abort);
  same(`run ${runNo} size`, run.size, loaded.size);
  same(`run ${runNo} open`, run.open, loaded.open);
  same(
    `run ${runNo} expansions`,
    run.parts.map((one) => one.record),
    loaded.parts.map((one) => one.record),
  );
  for (const { node, template, block } of run.existing()) {
    const name = `${runNo}.${node} (${run.nameOf(node)})`;
    same(`${name} state`, run.stored[node], loaded.state[node]);
    same(
      `${name} attempt`,
      [run.tryNo[node], run.tryBase[node], run.lost[node]],
      [loaded.tryNo[node], loaded.tryBase[node], loaded.lost[node]],
    );
    same(`${name} stored attempt`, run.storedTry[node], loaded.storedTry[node]);
    checkStates(run, node, name);
    if (run.isPlaceholder(node, template) || !run.isSelected(template, block)) continue;
    if (run.state[node] === S.removed) continue;
    for (let counter = TOTAL; counter <= UPSTREAM_FAILED; counter++) {
      same(`${name} counter ${counter}`, run.count(node, counter), loaded.count(node, counter));
    }
    if (run.templates.shortCircuit[template] === null) {
      same(`${name} cut`, (run.flags[node] as number) & CUT, (loaded.flags[node] as number) & CUT);
    }
  }
  for (const [node, value] of loaded.values) same(`value of ${runNo}.${node}`, run.values.get(node), value);
}

/** Memory may be ahead of the store in two ways only: `scheduled`, and `running` that is not written yet. */
function checkStates(run: RunWorld, node: number, name: string): void {
  const live = run.state[node];
  const stored = run.stored[node];
  if (live === stored) return;
  const ahead =
    live === S.scheduled ? [S.none, S.up_for_retry, S.scheduled] : live === S.running ? [S.queued] : [];
  if (!ahead.includes(stored as never)) throw new Error(`${name}: memory says ${live}, the store ${stored}`);
}

interface Recount {
  used: number;
  readonly pools: Map<string, number>;
  readonly dags: Map<string, { runs: number; tasks: number }>;
  readonly lanes: Map<Lane, number>;
}

/**
 * Caps are never exceeded and what is booked equals a recount from the states: S12 of the reliability rules.
 */
export function checkCaps(world: World): void {
  const count: Recount = { used: 0, pools: new Map(), dags: new Map(), lanes: new Map() };
  for (const run of world.runs.values()) countRun(world, run, count);
  same('slots in use', world.used, count.used);
  if (world.used > world.limits.globalSlots) throw new Error(`${world.used} global slots in use`);
  for (const pool of world.pools.values()) {
    same(`pool ${pool.name}`, pool.used, count.pools.get(pool.name) ?? 0);
    if (pool.slots !== null && pool.used > pool.slots)
      throw new Error(`pool ${pool.name} holds ${pool.used} of ${pool.slots}`);
  }
  for (const load of world.dags.values()) {
    const { runs, tasks } = count.dags.get(load.dagId) ?? { runs: 0, tasks: 0 };
    same(`load of ${load.dagId}`, { runs: load.runs, tasks: load.active }, { runs, tasks });
  }
  for (const [lane, ready] of count.lanes) {
    if (lane.ready.size < ready) throw new Error(`a lane has ${lane.ready.size} of ${ready} ready instances`);
    if (!world.draining && refusal(world, lane) === null)
      throw new Error(`${ready} ready instances of run ${lane.run.record.runNo} could start and did not`);
  }
  checkTaskCaps(world);
}

function countRun(world: World, run: RunWorld, count: Recount): void {
  const { state, dagId, startedAt } = run.record;
  const load = count.dags.get(dagId) ?? { runs: 0, tasks: 0 };
  count.dags.set(dagId, load);
  if (state === 'running' || (state === 'paused' && startedAt !== null)) load.runs++;
  if (load.runs > runsLimit(world, run.graph.spec))
    throw new Error(`DAG ${dagId} has ${load.runs} active runs`);
  let active = 0;
  const perTask = new Map<number, number>();
  const perExpansion = new Map<unknown, number>();
  for (const { node, template, block } of run.existing()) {
    const at = run.state[node] as number;
    if (at === S.scheduled && run.isTask(template)) {
      const lane = laneOf(world, run, node);
      count.lanes.set(lane, (count.lanes.get(lane) ?? 0) + 1);
    }
    if (!holdsSlot(at)) continue;
    active++;
    const pool = run.templates.pool[template] as string;
    count.pools.set(pool, (count.pools.get(pool) ?? 0) + (run.templates.slots[template] as number));
    if (isCapped(run, template)) perTask.set(template, (perTask.get(template) ?? 0) + 1);
    for (const one of expansionsAround(run, block)) perExpansion.set(one, (perExpansion.get(one) ?? 0) + 1);
  }
  count.used += active;
  load.tasks += active;
  same(`active of run ${run.record.runNo}`, run.active, active);
  if (active > runLimit(world, run)) throw new Error(`run ${run.record.runNo} has ${active} active tasks`);
  for (const [template, booked] of run.activeOfTask)
    same(`active of task ${template}`, booked.active, perTask.get(template) ?? 0);
  for (const one of new Set(run.parts.map(({ expansion }) => expansion))) {
    same(`active of an expansion at ${one.base}`, one.active, perExpansion.get(one) ?? 0);
    if (one.active > parallelLimit(run, one))
      throw new Error(`fan-out ${one.fanOut} has ${one.active} active`);
  }
}

function checkTaskCaps(world: World): void {
  const everywhere = new Map<string, number>();
  for (const run of world.runs.values()) {
    for (const [template, { active }] of run.activeOfTask) {
      const { path, maxActive, maxActivePerRun } = taskAt(run.graph, template);
      const id = `${run.record.dagId} ${path}`;
      everywhere.set(id, (everywhere.get(id) ?? 0) + active);
      if (active > (maxActivePerRun ?? active)) throw new Error(`${id} has ${active} attempts in a run`);
      if ((everywhere.get(id) as number) > (maxActive ?? Number.POSITIVE_INFINITY))
        throw new Error(`${id} is over its cap`);
    }
    const { maxActiveTasksTotal, id } = run.graph.spec;
    const { active } = world.dagLoad(id);
    if (active > (maxActiveTasksTotal ?? active)) throw new Error(`DAG ${id} has ${active} active tasks`);
  }
}

/** Every fan-out that is expanded has the keys of its list as it was given last. */
export function checkKeys(run: RunWorld): void {
  for (const { node, template, block } of run.existing()) {
    if (run.graph.kind[template] !== GATE || run.state[node] !== S.success) continue;
    const keyed = keysOf(run, node, template, fanOutAt(run.graph, template));
    if (!keyed.ok) continue;
    const { keys } = keyed;
    const blocks = run.blocksIn(block, run.graph.source[template] as number);
    const has = blocks.map((inner) => inner.keys.at(-1) as string);
    same(`keys of ${run.nameOf(node)}`, has.sort(), [...keys].sort());
    const items = new Map(keys.map((key, index) => [key, keyed.items[index]]));
    for (const inner of blocks)
      same(`item of ${inner.keys}`, inner.items.at(-1), items.get(inner.keys.at(-1) as string));
  }
}

/** A run that ended left nothing open: S14 of the reliability rules. */
export function checkQuiet(run: RunWorld): void {
  for (const { node, template, block } of run.existing()) {
    if (!run.isSelected(template, block)) continue;
    const state = run.state[node] as number;
    if (state < FIRST_FINISHED)
      throw new Error(`run ${run.record.runNo} ended with ${run.nameOf(node)} in state ${state}`);
  }
}
