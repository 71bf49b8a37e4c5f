import { compileGraph, type Graph } from '../../../core/graph/graph.ts';
import { selectScope } from '../../../core/graph/select.ts';
import type { AttemptEvent, Outcome } from '../../../core/model/attempt.ts';
import type { DagSpec } from '../../../core/model/dag.ts';
import { ENGINE_DEFAULTS } from '../../../core/model/defaults.ts';
import {
  attemptId,
  type NodeNo,
  type RunNo,
  type RunUid,
  type TryNo,
  type VersionNo,
} from '../../../core/model/ids.ts';
import type { JsonObject } from '../../../core/model/json.ts';
import type { RunRecord } from '../../../core/model/run.ts';
import type { RunScope } from '../../../core/model/scope.ts';
import { isRunFinished } from '../../../core/model/states.ts';
import { loadRun } from '../../../core/planner/load.ts';
import { type Plan, type PlannerEvent, plan } from '../../../core/planner/plan.ts';
import type { PlannedRequest } from '../../../core/planner/requests.ts';
import { chanceOf } from '../../../core/planner/retry.ts';
import type { RunWorld } from '../../../core/planner/run-world.ts';
import { World } from '../../../core/planner/world.ts';
import type { Random } from './random.ts';
import { RANDOM_POOLS } from './random-dag.ts';
import { checkCaps, checkFold, checkKeys, checkQuiet } from './same-memory.ts';
import { ShadowStore } from './shadow-store.ts';
import { checkOutcome, checkStart } from './start-oracle.ts';

interface Live {
  readonly id: string;
  readonly runNo: number;
  readonly node: number;
  readonly name: string;
  readonly tryNo: number;
  readonly startedAt: number;
  stopping: 'timeout' | 'other' | null;
}

const LIMITS = { globalSlots: 5, pools: RANDOM_POOLS, defaults: ENGINE_DEFAULTS };
/** Turns after the last fault in which every run must have ended. */
const CALM_TURNS_MAX = 20_000;

/**
 * Drives the planner through chance: attempts end in any order and in every way, people cancel, pause, retry
 * and mark, leaders crash and others go on from the store. After every turn memory is compared with the store
 * and with the caps.
 */
export class Storm {
  world = new World(LIMITS);
  readonly store = new ShadowStore();
  readonly graphs = new Map<number, Graph>();
  readonly started = new Set<string>();
  readonly live = new Map<string, Live>();
  /** Runs whose states people or crashes have touched: their final states follow from no simple rule. */
  readonly touched = new Set<number>();
  readonly random: Random;
  now = 1_000_000;
  turns = 0;
  #events: PlannerEvent[] = [];
  #wakeAt = Number.POSITIVE_INFINITY;

  constructor(random: Random) {
    this.random = random;
  }

  trigger(spec: DagSpec, params: JsonObject, scope: RunScope, replaces: RunNo | null = null): void {
    const graph = compileGraph(spec);
    const selection = selectScope(graph, scope);
    if (!selection.ok) return;
    const runNo = (this.graphs.size + 1) as RunNo;
    this.graphs.set(runNo, graph);
    const record: RunRecord = {
      runNo,
      uid: `00000000-0000-7000-8000-${String(runNo).padStart(12, '0')}` as RunUid,
      dagId: spec.id,
      versionNo: 1 as VersionNo,
      state: 'queued',
      trigger: 'manual',
      params,
      scope,
      maxParallel: this.random.chance(0.3) ? 1 + this.random.upTo(2) : null,
      inputsFrom: null,
      logicalAt: null,
      intervalStartAt: null,
      intervalEndAt: null,
      createdAt: this.now,
      startedAt: null,
      endedAt: null,
      because: null,
    };
    const run = loadRun({ run: record, expansions: [], instances: [] }, graph, selection.selected);
    this.ask({ kind: 'start', inboxId: null, run, replaces });
  }

  ask(request: PlannedRequest): void {
    this.#events.push({ type: 'request', request });
  }

  /**
   * One turn, all checks included. A `crash` loses everything after that many actions, and what was to be
   * done.
   */
  turn(crash = false): void {
    this.turns++;
    const events = this.#events;
    this.#events = [];
    const decided = plan(this.world, events, { at: this.now, mono: this.now });
    this.#wakeAt = decided.wakeAt;
    if (crash) {
      let kept = this.random.upTo(decided.actions.length);
      while (['output', 'hook'].includes(decided.actions[kept - 1]?.type ?? '')) kept++;
      for (const action of decided.actions.slice(0, kept)) this.store.apply(action);
      return this.crash(false);
    }
    for (const action of decided.actions) this.store.apply(action);
    this.#carryOut(decided);
    checkFold(this.world, this.store);
    checkCaps(this.world);
    for (const run of decided.ended) this.#checkEnded(run);
  }

  #checkEnded(run: RunWorld): void {
    checkQuiet(run);
    checkKeys(run);
    if (!this.touched.has(run.record.runNo)) checkOutcome(run);
    const left = [...this.live.values()].filter((one) => one.runNo === run.record.runNo);
    if (left.length > 0) throw new Error(`run ${run.record.runNo} ended while ${left[0]?.name} is alive`);
  }

  #carryOut(decided: Plan): void {
    for (const { run, node } of decided.dispatch) {
      const { runNo } = run.record;
      const tryNo = run.tryNo[node] as number;
      const id = attemptId(runNo, node as NodeNo, tryNo as TryNo);
      const name = run.nameOf(node);
      if (this.started.has(id)) throw new Error(`attempt ${id} (${name}) was started twice`);
      const twin = [...this.live.values()].find((one) => one.runNo === runNo && one.node === node);
      if (twin) throw new Error(`${name} has two live attempts, ${twin.id} and ${id}`);
      if (!this.touched.has(runNo)) checkStart(run, node);
      this.started.add(id);
      this.live.set(id, { id, runNo, node, name, tryNo, startedAt: this.now, stopping: null });
    }
    for (const { run, node, reason } of decided.stops) {
      const one = [...this.live.values()].find(
        (each) => each.runNo === run.record.runNo && each.node === node,
      );
      if (one) one.stopping = reason === 'timeout' ? 'timeout' : 'other';
    }
  }

  /** The leader dies, with its attempts (or without them: then only memory is read anew). */
  crash(keepAttempts: boolean): void {
    this.world = new World(LIMITS);
    if (!keepAttempts) this.live.clear();
    this.#events = this.#events.filter((event) => event.type === 'attempt' && keepAttempts);
    const adopted: PlannerEvent[] = [];
    for (const [runNo, { record }] of this.store.runs) {
      this.touched.add(runNo);
      if (isRunFinished(record.state)) continue;
      const run = this.store.load(runNo, this.graphs.get(runNo) as Graph);
      const live = keepAttempts ? { live: new Set(this.live.keys()) } : {};
      adopted.push({ type: 'request', request: { kind: 'adopt', inboxId: null, run, ...live } });
    }
    this.#events.unshift(...adopted);
    this.turn();
  }

  tell(event: AttemptEvent): void {
    this.#events.push({ type: 'attempt', event });
  }

  /** Lets one attempt end, in a way that follows from its name and number. */
  end(one: Live, calm = false): void {
    this.live.delete(one.id);
    const outcome =
      one.stopping && this.random.chance(0.8) ? stopped(one.stopping) : outcomeOf(one.name, one.tryNo, calm);
    this.tell({
      type: 'attempt.ended',
      attemptId: one.id as never,
      startedAt: one.startedAt,
      at: this.now,
      outcome,
    });
  }

  /** One thing that happens: mostly attempts that end, sometimes people and faults. */
  step(faults: boolean): void {
    const { random } = this;
    const live = [...this.live.values()];
    const roll = random.next();
    if (live.length > 0 && roll < 0.55) this.end(random.pick(live));
    else if (live.length > 0 && roll < 0.65) {
      const { id } = random.pick(live);
      this.tell({ type: 'attempt.started', attemptId: id as never, at: this.now });
    } else if (roll < 0.75) this.now += random.pick([1, 60, 1_000, 5_000]);
    else if (roll < 0.78 && this.started.size > 0) this.#gossip(random.pick([...this.started]));
    else if (faults && roll < 0.86) this.#person();
    else if (faults && roll < 0.89) this.crash(random.chance(0.5));
    if (random.chance(0.7)) this.turn(faults && random.chance(0.04));
  }

  /** Something about any attempt that ever was, most of them over. */
  #gossip(id: string): void {
    const attempt = { attemptId: id as never, at: this.now };
    const { random } = this;
    const roll = random.next();
    if (roll < 0.3) this.tell({ type: 'attempt.progress', ...attempt, done: 1, total: 2 });
    else if (roll < 0.5) this.tell({ type: 'attempt.metric', ...attempt, name: 'rows', value: 1 });
    else if (!this.live.has(id)) {
      this.tell({ type: 'attempt.ended', ...attempt, startedAt: this.now, outcome: { kind: 'success' } });
    }
  }

  /** Somebody asks for something. */
  #person(): void {
    const { random, store } = this;
    if (store.runs.size === 0) return;
    const runNo = random.pick([...store.runs.keys()]) as RunNo;
    const run = this.world.runs.get(runNo) ?? store.load(runNo, this.graphs.get(runNo) as Graph);
    this.touched.add(runNo);
    const nodes = [...run.existing()].filter(({ template }) => run.isTask(template)).map(({ node }) => node);
    const lists = nodes.filter((one) => isList(run.nameOf(one)));
    const node = random.pick(lists.length > 0 && random.chance(0.5) ? lists : nodes);
    const by = 'ann';
    const state = random.pick(['success', 'failed'] as const);
    const [upstream, downstream] = [random.chance(0.3), random.chance(0.5)];
    const selection = random.pick([
      { select: 'failed' } as const,
      { select: 'all' } as const,
      { select: 'nodes', nodes: [node], upstream, downstream } as const,
    ]);
    this.ask(
      random.pick<PlannedRequest>([
        { kind: 'cancel', inboxId: 1, runNo, by, kill: random.chance(0.3) },
        { kind: 'pause', inboxId: 1, runNo },
        { kind: 'resume', inboxId: 1, runNo },
        { kind: 'resume', inboxId: 1, runNo },
        { kind: 'retry', inboxId: 1, run, by, selection },
        { kind: 'retry', inboxId: 1, run, by, selection },
        { kind: 'markTask', inboxId: 1, run, by, node, state },
        { kind: 'markRun', inboxId: 1, run, by, state },
      ]),
    );
    this.turn();
  }

  /** Somebody lets a task be done again that gives keys, with or without what comes after it. */
  askAgain(): void {
    const { random, store } = this;
    const runNo = random.pick([...store.runs.keys()]) as RunNo;
    const run = this.world.runs.get(runNo) ?? store.load(runNo, this.graphs.get(runNo) as Graph);
    const lists = [...run.existing()].filter(({ node }) => isList(run.nameOf(node)));
    if (lists.length === 0) return;
    this.touched.add(runNo);
    const nodes = [random.pick(lists).node];
    const selection = { select: 'nodes', nodes, upstream: false, downstream: random.chance(0.4) } as const;
    this.ask({ kind: 'retry', inboxId: 1, run, by: 'ann', selection });
    this.turn(random.chance(0.05));
  }

  /** No more faults: every run must end, and nothing may be left. */
  calm(): void {
    for (const runNo of this.world.runs.keys())
      this.ask({ kind: 'resume', inboxId: null, runNo: runNo as RunNo });
    for (let turns = 0; turns < CALM_TURNS_MAX; turns++) {
      this.turn();
      const [one] = this.live.values();
      if (one) this.end(one, true);
      else if (this.#events.length > 0) continue;
      else if (Number.isFinite(this.#wakeAt)) this.now = Math.max(this.now, this.#wakeAt);
      else break;
    }
    for (const run of this.world.runs.values())
      throw new Error(`run ${run.record.runNo} does not end: ${open(run)}`);
    if (this.world.used !== 0) throw new Error(`${this.world.used} slots are still in use`);
  }
}

function open(run: RunWorld): string {
  const names: string[] = [];
  for (const { node, template, block } of run.existing()) {
    const state = run.state[node] as number;
    if (state < 7 && run.isSelected(template, block))
      names.push(`${run.nameOf(node)} (${run.graph.kind[template]}) is ${state}`);
  }
  return `${run.record.state}, ${JSON.stringify(run.abort)}, open ${run.open}: ${names.join('; ')}`;
}

function stopped(how: 'timeout' | 'other'): Outcome {
  return how === 'timeout' ? { kind: 'timeout' } : { kind: 'stopped' };
}

function isList(name: string): boolean {
  return /\blist\d+$/.test(name);
}

/** Some of four keys, in an order of its own, each with some of three inner keys. */
function listOf(chance: number): { id: string; more: string[] }[] {
  const bits = Math.floor(chance * 2 ** 30);
  const more = (at: number): string[] => ['m', 'n', 'o'].filter((_, bit) => bits & (1 << (at * 3 + bit)));
  const items = ['L1', 'L2', 'L3', 'L4'].map((id, at) => ({ id, more: more(at) }));
  const some = items.filter((_, at) => bits & (1 << (20 + at)));
  return bits & (1 << 12) ? some.reverse() : some;
}

/** What an attempt does: the same for the same name and number. Without faults attempts are never lost. */
export function outcomeOf(name: string, tryNo: number, calm = false): Outcome {
  const chance = chanceOf(`${name}#${tryNo}`);
  if (isList(name) && chance < 0.85) return { kind: 'success', output: JSON.stringify(listOf(chance)) };
  const error = { name: chance < 0.68 ? 'Error' : 'Odd', message: 'no' };
  if (chance < 0.5)
    return { kind: 'success', output: JSON.stringify({ ok: chance < 0.35, list: ['L1', 'L2'] }) };
  if (chance < 0.6)
    return { kind: 'success', output: JSON.stringify(['L1', 'L2'].slice(0, Math.round(chance * 20) % 3)) };
  if (chance < 0.66) return { kind: 'skipped' };
  if (chance < 0.8) return { kind: 'failed', error };
  if (chance < 0.84) return { kind: 'failed', error, final: true };
  if (chance < 0.88) return { kind: 'failed', error, retry: true, retryAfterMs: 10 };
  if (chance < 0.91) return { kind: 'timeout' };
  if (chance < 0.94) return { kind: 'memory' };
  if (chance < 0.97) return { kind: 'rejected_output', error };
  return calm ? { kind: 'success' } : { kind: 'lost', detail: 'gone' };
}
