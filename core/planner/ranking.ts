import { S } from '../model/states.ts';
import type { Expansion } from './blocks.ts';
import { Heap } from './heap.ts';
import { AGING_MS, levelIn } from './run-priority.ts';
import type { RunWorld } from './run-world.ts';

/** By what the children of a branch differ, so what their order depends on. */
export type Among = 'dags' | 'runs' | 'lanes';

/**
 * A part of the ready instances that shares a limit: a pool, a DAG, a task, a run, a fan-out; the leaves are
 * the lanes. A branch whose limit is full is not among the candidates of its parent, so that all that waits
 * behind it costs nothing.
 */
export class Branch {
  readonly parent: Branch | null;
  readonly among: Among;
  /** Whether its own limit has room. */
  readonly isOpen: () => boolean;
  /** What changes its place beside its candidates: the load of its DAG or run. */
  readonly weigh: ((branch: Branch) => void) | null;
  readonly children = new Map<unknown, Branch>();
  /** The children that could start something, as a heap: the best first. */
  readonly candidates: Branch[] = [];
  /** Its position among the candidates of its parent; -1 when it is none. */
  position = -1;
  /** Its run is no longer in memory. */
  isDropped = false;
  /** The lane that is next in this branch. */
  lane: Lane | null = null;
  /** What its place depends on, as it was when it took it: others may have changed since, one by one. */
  level = 0;
  load = 0;
  active = 0;
  node = -1;

  constructor(
    parent: Branch | null,
    among: Among,
    isOpen: () => boolean = () => true,
    weigh: ((branch: Branch) => void) | null = null,
  ) {
    this.parent = parent;
    this.among = among;
    this.isOpen = isOpen;
    this.weigh = weigh;
  }
}

/** When (wall) the level of a lane is looked at again. It outlives the lane and holds nothing of it then. */
interface Watch {
  readonly at: number;
  lane: Lane | null;
}

/** Ready instances of one run that share every limit, so that a full limit holds back the lane as a whole. */
export class Lane extends Branch {
  readonly run: RunWorld;
  readonly pool: string;
  readonly slots: number;
  /** Template node with a cap of its own, or -1. */
  readonly cappedTask: number;
  /** Enclosing expansions with `maxParallel`, innermost first. */
  readonly cappedExpansions: readonly Expansion[];
  readonly ready: Heap;
  /** Since when (wall) nothing of a non-empty lane was chosen. */
  waitingSince = 0;
  /** Stands for it among those whose level rises with time; `null` when it is not watched. */
  watch: Watch | null = null;

  constructor(
    ranking: Ranking,
    parent: Branch,
    limits: Pick<Lane, 'run' | 'pool' | 'slots' | 'cappedTask' | 'cappedExpansions'>,
    isOpen: () => boolean,
  ) {
    super(parent, 'lanes', isOpen);
    this.run = limits.run;
    this.pool = limits.pool;
    this.slots = limits.slots;
    this.cappedTask = limits.cappedTask;
    this.cappedExpansions = limits.cappedExpansions;
    this.ready = new Heap((a, b) => {
      ranking.steps++;
      return goesFirst(limits.run, a, b);
    });
  }
}

/**
 * The order within a run: level, then weight, then node number. Blocks of a fan-out are numbered one after
 * the other, so that a key runs through its stages before the next key starts.
 */
export function goesFirst(run: RunWorld, a: number, b: number): boolean {
  const { level, weight } = run.templates;
  const one = run.templateOf(a);
  const other = run.templateOf(b);
  if (level[one] !== level[other]) return (level[one] as number) > (level[other] as number);
  if (weight[one] !== weight[other]) return (weight[one] as number) > (weight[other] as number);
  return a < b;
}

/**
 * All lanes as a tree of heaps. What a turn changes is placed anew, from the branch that it concerns up to
 * the root; nothing else is looked at, so a choice costs the logarithm of what waits.
 */
export class Ranking {
  readonly root = new Branch(null, 'dags');
  readonly lanes = new Map<RunWorld, Map<string, Lane>>();
  /** Branches placed and comparisons made so far: what the choices cost. */
  steps = 0;
  readonly #branchesOf = new WeakMap<object, Branch[]>();
  readonly #dirty = new Set<Branch>();
  readonly #aging = new Heap<Watch>((a, b) => a.at < b.at);
  #at = Number.NEGATIVE_INFINITY;

  /** Ties a branch to what its limit or its load belongs to, so that {@link touch} finds it. */
  tie(owner: object, branch: Branch): void {
    const known = this.#branchesOf.get(owner);
    if (known) known.push(branch);
    else this.#branchesOf.set(owner, [branch]);
  }

  /** The room or the load of a pool, DAG, run, fan-out or capped task has changed. */
  touch(owner: object): void {
    for (const branch of this.#branchesOf.get(owner) ?? []) this.#dirty.add(branch);
  }

  /** Puts a ready instance into its lane. */
  add(lane: Lane, node: number, at: number): void {
    this.#age(at);
    dropSettled(lane);
    if (lane.ready.size === 0) lane.waitingSince = at;
    lane.ready.push(node);
    if (lane.ready.peek() === node) this.#dirty.add(lane);
  }

  /** The lane that is next by all limits and orders, or `null` when nothing may start. */
  next(at: number): Lane | null {
    this.#age(at);
    for (;;) {
      for (const branch of this.#dirty) this.#place(branch);
      this.#dirty.clear();
      const { lane } = this.root;
      if (lane === null) return null;
      dropSettled(lane);
      if (lane.ready.peek() === lane.node) return lane;
      this.#dirty.add(lane);
    }
  }

  /** Takes the first instance of a lane. */
  take(lane: Lane): number {
    lane.waitingSince = this.#at;
    this.#dirty.add(lane);
    return lane.ready.pop() as number;
  }

  /** The level of a run has changed, and with it that of all its lanes. */
  relevel(run: RunWorld): void {
    for (const lane of this.lanes.get(run)?.values() ?? []) this.#dirty.add(lane);
  }

  /** Forgets the lanes of a run. */
  drop(run: RunWorld): void {
    for (const { watch } of this.lanes.get(run)?.values() ?? []) if (watch) watch.lane = null;
    this.lanes.delete(run);
    for (const branch of this.#branchesOf.get(run) ?? []) {
      const parent = branch.parent as Branch;
      parent.children.delete(run);
      this.#remove(parent, branch);
      branch.isDropped = true;
      this.#dirty.add(parent);
    }
    this.#branchesOf.delete(run);
  }

  /** Levels rise with time. Should the wall clock go back, all of them are looked at again. */
  #age(at: number): void {
    if (at < this.#at) this.#watchAnew();
    this.#at = at;
    const isDue = (watch?: Watch): watch is Watch => watch !== undefined && watch.at <= at;
    for (let watch = this.#aging.peek(); isDue(watch); watch = this.#aging.peek()) {
      this.#aging.pop();
      if (!watch.lane) continue;
      watch.lane.watch = null;
      this.#dirty.add(watch.lane);
    }
  }

  #watchAnew(): void {
    while (this.#aging.pop());
    for (const lanes of this.lanes.values()) {
      for (const lane of lanes.values()) {
        lane.watch = null;
        this.#dirty.add(lane);
      }
    }
  }

  /** Places a branch anew, and with it everything that it stands in. */
  #place(branch: Branch): void {
    for (let at: Branch | null = branch; at !== null; at = at.parent) {
      if (at.isDropped) return;
      this.steps++;
      if (at instanceof Lane) this.#lookAt(at);
      else copyBest(at);
      const { parent } = at;
      if (parent === null) return;
      if (at.lane === null || !at.isOpen()) this.#remove(parent, at);
      else if (at.position < 0) this.#rise(parent, at, parent.candidates.push(at) - 1);
      else this.#move(parent, at);
    }
  }

  #lookAt(lane: Lane): void {
    dropSettled(lane);
    const top = lane.ready.peek();
    lane.lane = top === undefined ? null : lane;
    if (top === undefined) return;
    const aged = Math.max(0, Math.floor((this.#at - lane.waitingSince) / AGING_MS));
    lane.node = top;
    lane.level = levelIn(lane.run, lane.run.templateOf(top)) + aged;
    if (lane.watch !== null) return;
    lane.watch = { at: Math.min(lane.waitingSince, this.#at) + (aged + 1) * AGING_MS, lane };
    this.#aging.push(lane.watch);
  }

  #remove(parent: Branch, child: Branch): void {
    const { position } = child;
    if (position < 0) return;
    child.position = -1;
    const last = parent.candidates.pop() as Branch;
    if (last === child) return;
    parent.candidates[position] = last;
    last.position = position;
    this.#move(parent, last);
  }

  #move(parent: Branch, child: Branch): void {
    const { position } = child;
    this.#rise(parent, child, position);
    if (child.position === position) this.#sink(parent, child, position);
  }

  #rise(parent: Branch, child: Branch, from: number): void {
    const { candidates } = parent;
    let at = from;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const other = candidates[above] as Branch;
      if (!this.#before(parent.among, child, other)) break;
      candidates[at] = other;
      other.position = at;
      at = above;
    }
    candidates[at] = child;
    child.position = at;
  }

  #sink(parent: Branch, child: Branch, from: number): void {
    const { candidates } = parent;
    let at = from;
    for (;;) {
      let below = at * 2 + 1;
      if (below >= candidates.length) break;
      const right = candidates[below + 1];
      if (right && this.#before(parent.among, right, candidates[below] as Branch)) below++;
      const other = candidates[below] as Branch;
      if (!this.#before(parent.among, other, child)) break;
      candidates[at] = other;
      other.position = at;
      at = below;
    }
    candidates[at] = child;
    child.position = at;
  }

  /**
   * The order of the choice: level, then who holds less (DAGs, then runs), then the older run, then the order
   * within the run.
   */
  #before(among: Among, a: Branch, b: Branch): boolean {
    this.steps++;
    if (a.level !== b.level) return a.level > b.level;
    const { run } = a.lane as Lane;
    if (among === 'lanes') return goesFirst(run, a.node, b.node);
    if (among === 'dags' && a.load !== b.load) return a.load < b.load;
    if (a.active !== b.active) return a.active < b.active;
    const { run: other } = b.lane as Lane;
    return run === other ? goesFirst(run, a.node, b.node) : run.record.runNo < other.record.runNo;
  }
}

/** A branch is worth what its best candidate is worth, beside what its DAG or run holds. */
function copyBest(branch: Branch): void {
  const best = branch.candidates[0];
  branch.lane = best?.lane ?? null;
  if (!best) return;
  branch.level = best.level;
  branch.load = best.load;
  branch.active = best.active;
  branch.node = best.node;
  branch.weigh?.(branch);
}

/** Drops instances that were settled while they waited from the top of a lane. */
function dropSettled(lane: Lane): void {
  for (let top = lane.ready.peek(); top !== undefined; top = lane.ready.peek()) {
    if (lane.run.state[top] === S.scheduled) return;
    lane.ready.pop();
  }
}
