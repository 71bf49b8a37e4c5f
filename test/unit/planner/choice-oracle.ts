import { taskAt } from '../../../core/graph/graph.ts';
import { PRIORITY_LEVELS } from '../../../core/model/dag.ts';
import { S } from '../../../core/model/states.ts';
import { laneOf } from '../../../core/planner/lanes.ts';
import type { Plan } from '../../../core/planner/plan.ts';
import type { Lane } from '../../../core/planner/ranking.ts';
import type { RunWorld } from '../../../core/planner/run-world.ts';
import { isCapped } from '../../../core/planner/slots.ts';
import type { World } from '../../../core/planner/world.ts';

interface Ready {
  readonly run: RunWorld;
  readonly node: number;
  readonly lane: Lane;
}

const AGING_MS = 600_000;

/**
 * Says in which order what was ready had to start, by asking every ready instance anew before each start. It
 * knows when each lane began to wait from having seen every turn.
 */
export class ChoiceOracle {
  #waiting = new Map<Lane, number>();

  /** Throws unless the starts of a turn are those that a scan of everything gives. */
  check(world: World, turn: Plan, at: number): void {
    const ready: Ready[] = [];
    const add = (run: RunWorld, node: number): void => {
      ready.push({ run, node, lane: laneOf(world, run, node) });
    };
    for (const run of world.runs.values()) {
      for (const { node, template } of run.existing())
        if (run.isTask(template) && run.state[node] === S.scheduled) add(run, node);
    }
    for (const { run, node } of turn.dispatch) add(run, node);
    const waiting = new Map<Lane, number>();
    for (const { lane } of ready) waiting.set(lane, this.#waiting.get(lane) ?? at);
    const used = new Usage(world, turn);
    for (const { run, node } of turn.dispatch) {
      const best = bestOf(ready, used, waiting, at);
      if (!best) throw new Error(`${run.nameOf(node)} started and nothing could`);
      if (best.run !== run || best.node !== node)
        throw new Error(`${run.nameOf(node)} started before ${best.run.nameOf(best.node)}`);
      used.add(run, node, 1);
      ready.splice(ready.indexOf(best), 1);
      waiting.set(best.lane, at);
    }
    const left = bestOf(ready, used, waiting, at);
    if (left) throw new Error(`${left.run.nameOf(left.node)} could start and did not`);
    this.#waiting = new Map([...waiting].filter(([lane]) => ready.some((one) => one.lane === lane)));
  }
}

/** What is in use by name, as it was before the starts of a turn. */
class Usage {
  readonly #world: World;
  readonly #by = new Map<string, number>();

  constructor(world: World, turn: Plan) {
    this.#world = world;
    for (const run of world.runs.values()) {
      for (const { node } of run.existing()) {
        const state = run.state[node];
        if (state === S.queued || state === S.running) this.add(run, node, 1);
      }
    }
    for (const { run, node } of turn.dispatch) this.add(run, node, -1);
  }

  of(name: string): number {
    return this.#by.get(name) ?? 0;
  }

  add(run: RunWorld, node: number, by: number): void {
    const template = run.templateOf(node);
    const { pool, slots } = run.templates;
    const names: [string, number][] = [
      ['all', by],
      [`pool ${pool[template]}`, by * (slots[template] as number)],
      ...limitsOf(run, node).map(({ name }): [string, number] => [name, by]),
    ];
    for (const [name, change] of names) this.#by.set(name, this.of(name) + change);
  }

  allows({ run, node }: Ready): boolean {
    if (run.record.state === 'queued' || (run.record.state === 'paused' && !run.abort)) return false;
    if (this.of('all') >= this.#world.limits.globalSlots) return false;
    const template = run.templateOf(node);
    const pool = run.templates.pool[template] as string;
    const most = this.#world.pools.get(pool)?.slots ?? 0;
    if (this.of(`pool ${pool}`) + (run.templates.slots[template] as number) > most) return false;
    return limitsOf(run, node).every(
      ({ name, limit }) => this.of(name) < (limit ?? Number.POSITIVE_INFINITY),
    );
  }
}

/** Every limit that an instance counts towards, by a name of its own. */
function limitsOf(run: RunWorld, node: number): { name: string; limit: number | undefined }[] {
  const { spec } = run.graph;
  const { runNo, maxParallel } = run.record;
  const template = run.templateOf(node);
  const limits = [
    { name: `dag ${spec.id}`, limit: spec.maxActiveTasksTotal },
    { name: `run ${runNo}`, limit: maxParallel ?? spec.maxActiveTasks ?? 16 },
  ];
  if (isCapped(run, template)) {
    const { path, maxActive, maxActivePerRun } = taskAt(run.graph, template);
    limits.push({ name: `task ${spec.id}.${path}`, limit: maxActive });
    limits.push({ name: `task ${spec.id}.${path} of ${runNo}`, limit: maxActivePerRun });
  }
  for (let block = run.blockOf(node); block.parent !== null; block = block.parent) {
    const fanOut = run.graph.scopes[block.scope]?.fanOut ?? -1;
    const name = `fan-out ${runNo}/${fanOut}/${block.keys.slice(0, -1).join('\n')}`;
    limits.push({ name, limit: spec.fanOuts?.[fanOut]?.maxParallel });
  }
  return limits;
}

function bestOf(
  ready: readonly Ready[],
  used: Usage,
  waiting: ReadonlyMap<Lane, number>,
  at: number,
): Ready | undefined {
  // Aging counts for what is next in its lane.
  const heads = new Map<Lane, Ready>();
  for (const one of ready) {
    const head = heads.get(one.lane);
    if (!head || compareWithin(one, head) < 0) heads.set(one.lane, one);
  }
  const rank = (one: Ready): number[] => {
    const aged = Math.max(0, Math.floor((at - (waiting.get(one.lane) as number)) / AGING_MS));
    const { runNo, dagId } = one.run.record;
    return [-runLevelOf(one) - aged, used.of(`dag ${dagId}`), used.of(`run ${runNo}`), runNo];
  };
  return [...heads.values()]
    .filter((one) => used.allows(one))
    .sort((a, b) => compare(rank(a), rank(b)) || compareWithin(a, b))[0];
}

/** The level beside other runs: that of the run, if it has one. */
function runLevelOf(one: Ready): number {
  const { priority } = one.run.record;
  return priority === undefined ? levelOf(one) : PRIORITY_LEVELS.indexOf(priority);
}

function levelOf({ run, node }: Ready): number {
  const { priority } = taskAt(run.graph, run.templateOf(node));
  return PRIORITY_LEVELS.indexOf(
    typeof priority === 'string' ? priority : (run.graph.spec.priority ?? 'normal'),
  );
}

function compareWithin(a: Ready, b: Ready): number {
  const weight = ({ run, node }: Ready): number => run.templates.weight[run.templateOf(node)] as number;
  return levelOf(b) - levelOf(a) || weight(b) - weight(a) || a.node - b.node;
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [index, value] of a.entries()) {
    if (value !== b[index]) return value - (b[index] as number);
  }
  return 0;
}
