import type { Graph } from '../graph/graph.ts';
import type { CacheAsk } from '../model/cache.ts';
import type { DeadlineStage } from '../model/hook.ts';
import type { NodeNo } from '../model/ids.ts';
import type { Json } from '../model/json.ts';
import type {
  CheckpointRecord,
  ExpansionRecord,
  InstanceRecord,
  RunRecord,
  WaitRecord,
} from '../model/run.ts';
import { holdsSlot, S, TASK_STATES } from '../model/states.ts';
import { recountRun } from './lifecycle.ts';
import { nodesInState } from './nodes-in-state.ts';
import type { Abort } from './run-abort.ts';
import { CUT, EMPTY, FRESH, HAS_ROW, RunWorld } from './run-world.ts';
import { acquire } from './slots.ts';
import { READ } from './templates.ts';
import { isActive, isOfBackfill, type World } from './world.ts';

/** The codes under which the abort of a running run is stored. */
const ABORT_CODES: ReadonlySet<string> = new Set([
  'critical_failed',
  'cancelled_by_user',
  'run_timed_out',
  'superseded',
  'shutdown',
  'expansion_failed',
  'unknown_key',
  'quarantined',
  'marked',
] satisfies Abort['code'][]);

/** What is stored of a run. */
export interface StoredRun {
  readonly run: RunRecord;
  readonly expansions: readonly ExpansionRecord[];
  readonly instances: readonly InstanceRecord[];
  /** Absent: none was put off. */
  readonly waits?: ReadonlyMap<number, WaitRecord>;
  /** Absent: none has left any. */
  readonly checkpoints?: ReadonlyMap<number, CheckpointRecord>;
  /** Absent: the cache was not asked for any. */
  readonly asks?: ReadonlyMap<number, CacheAsk>;
  /** Absent: no hook was due, nothing was told of its deadline. */
  readonly told?: { readonly hookNo: number; readonly deadline: readonly DeadlineStage[] };
}

/**
 * Builds a run in memory from what is stored. The counters follow from the states, so memory after a crash
 * equals memory before it.
 */
export function loadRun(stored: StoredRun, graph: Graph, selected: Uint8Array): RunWorld {
  const run = new RunWorld(stored.run, graph, selected);
  for (const expansion of [...stored.expansions].sort((a, b) => a.base - b.base)) {
    run.addExpansion(expansion);
  }
  for (const instance of stored.instances) fillInstance(run, instance);
  for (const [node, wait] of stored.waits ?? []) run.waits.set(node, wait);
  for (const [node, checkpoint] of stored.checkpoints ?? []) run.checkpoints.set(node, checkpoint);
  for (const [node, ask] of stored.asks ?? [])
    if (ask.versionNo === stored.run.versionNo) run.cacheAsks.set(node, ask);
  run.hookNo = stored.told?.hookNo ?? 0;
  for (const stage of stored.told?.deadline ?? []) run.told.add(stage);
  const { because } = stored.run;
  if (because && ABORT_CODES.has(because.code) && stored.run.endedAt === null) {
    const { code, text: _, outcome, ...facts } = because;
    run.abort = {
      code: code as Abort['code'],
      facts: facts as Abort['facts'],
      state: outcome as Abort['state'],
    };
  }
  recountRun(run);
  return run;
}

function fillInstance(run: RunWorld, instance: InstanceRecord): void {
  const { nodeNo } = instance;
  const state = TASK_STATES.indexOf(instance.state);
  run.state[nodeNo] = state;
  run.stored[nodeNo] = state;
  run.tryNo[nodeNo] = instance.tryNo;
  run.storedTry[nodeNo] = instance.tryNo;
  run.tryBase[nodeNo] = instance.tryBase;
  run.lost[nodeNo] = instance.lost;
  run.queuedAt[nodeNo] = instance.queuedAt ?? 0;
  run.startedAt[nodeNo] = instance.startedAt ?? 0;
  run.endedAt[nodeNo] = instance.endedAt ?? 0;
  if (instance.dueAt !== null) run.dueAt.set(nodeNo, instance.dueAt);
  if (instance.state === 'waiting' && instance.log) run.waitLogs.set(nodeNo, instance.log);
  if (instance.state === 'failed' && instance.error) run.errors.set(nodeNo, instance.error.message);
  let flags = HAS_ROW;
  if (instance.because?.code === 'short_circuit') flags |= CUT;
  if (instance.because?.code === 'no_keys') flags |= EMPTY;
  if (instance.because?.code === 'retried') flags |= FRESH;
  run.flags[nodeNo] = flags;
  if (flags & CUT) run.hasCuts = true;
}

/** Nodes whose outputs the planner reads: they must be given to {@link giveValues} after a load. */
export function nodesRead(run: RunWorld): NodeNo[] {
  return nodesInState(run, (state) => state === S.success).filter((node) => isRead(run, node));
}

/** Whether expressions read the output of a node. */
export function isRead(run: RunWorld, node: number): boolean {
  return node < run.size && ((run.templates.traits[run.templateOf(node)] as number) & READ) !== 0;
}

/** Hands the outputs that expressions read to a loaded run. */
export function giveValues(run: RunWorld, values: ReadonlyMap<number, Json>): void {
  for (const [node, value] of values) run.values.set(node, value);
}

/** Takes a loaded run into the world; its active instances hold their slots from now on. */
export function adoptRun(world: World, run: RunWorld): void {
  world.add(run);
  bookRun(world, run);
}

/** Counts what a loaded run holds, once: a run that is still to be decided about leaves nobody its slots. */
export function bookRun(world: World, run: RunWorld): void {
  if (run.isBooked) return;
  run.isBooked = true;
  if (isActive(run.record) && !isOfBackfill(world, run.record)) world.dagLoad(run.record.dagId).runs++;
  for (const node of nodesInState(run, holdsSlot)) acquire(world, run, node);
}

/** Instances whose attempt belonged to a process that is gone. */
export function orphans(run: RunWorld): NodeNo[] {
  return nodesInState(run, holdsSlot);
}
