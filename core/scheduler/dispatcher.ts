import type { Executor } from '../executors/executor.ts';
import { nodePath, taskAt } from '../graph/graph.ts';
import { itemNamesOf } from '../graph/item-names.ts';
import type { AttemptDefinition, AttemptOrder, StopReason } from '../model/attempt.ts';
import { type AttemptId, attemptId, type NodeNo, type TryNo } from '../model/ids.ts';
import type { GivenValue } from '../model/variable.ts';
import { graceOf } from '../planner/abort.ts';
import { attemptLimits } from '../planner/outcomes.ts';
import type { RunWorld } from '../planner/run-world.ts';
import type { World } from '../planner/world.ts';
import type { ValueFinder } from '../secrets/find-values.ts';
import type { VersionRecord } from '../store/store.ts';
import { type InputReader, MissingInput } from './inputs.ts';
import { codeDir } from './paths.ts';
import { factsOf } from './run-facts.ts';

/** How long a runner polls for its next order when it is the only one at work. */
const SPIN_US = 200;

/** Hands attempts to the executor, with everything that they need. */
export class Dispatcher {
  readonly #executor: Executor;
  readonly #inputs: InputReader;
  readonly #values: Pick<ValueFinder, 'find'>;
  readonly #stateDir: string;
  readonly #memoryMb: number | null;
  readonly #canSpin: boolean;
  readonly #traced: boolean;
  readonly #definitions = new WeakMap<RunWorld, Map<number, AttemptDefinition>>();
  #lastDefinition = 0;
  /** Attempts handed over that have not ended. */
  readonly live = new Set<string>();
  /** Those of them that the executor does not have yet: their inputs are being read. */
  readonly #reading = new Set<AttemptId>();
  /** An attempt that cannot be handed over ends with this. */
  onRefused: (id: AttemptId, message: string) => void = () => {};
  /** An attempt was stopped before the executor had it. */
  onWithdrawn: (id: AttemptId) => void = () => {};

  constructor(options: {
    executor: Executor;
    inputs: InputReader;
    values: Pick<ValueFinder, 'find'>;
    stateDir: string;
    memoryMb: number | null;
    canSpin: boolean;
    /** Spans of what is handed over are sent to somebody. */
    traced: boolean;
  }) {
    this.#executor = options.executor;
    this.#inputs = options.inputs;
    this.#values = options.values;
    this.#stateDir = options.stateDir;
    this.#memoryMb = options.memoryMb;
    this.#canSpin = options.canSpin;
    this.#traced = options.traced;
  }

  /**
   * Submits an attempt that was stored as `queued`. At once when its inputs are in memory, else when they are
   * read.
   */
  dispatch(world: World, run: RunWorld, version: VersionRecord, node: number): void {
    const tryNo = run.tryNo[node] as TryNo;
    const id = attemptId(run.record.runNo, node as NodeNo, tryNo);
    this.live.add(id);
    const template = run.templateOf(node);
    const definition = this.#definition(world, run, version, template);
    const submit = (inputs: AttemptOrder['inputs'], given?: readonly GivenValue[]): void => {
      const block = run.blockOf(node);
      const spinUs = this.#canSpin ? SPIN_US : 0;
      const { keys, items } = block;
      const wait = run.waits.get(node);
      const checkpoint = run.checkpoints.get(node);
      const { runNo } = run.record;
      this.#executor.submit({
        attemptId: id,
        runNo,
        nodeNo: node as NodeNo,
        tryNo,
        definition,
        keys,
        items,
        inputs,
        ...(given ? { given } : {}),
        ...(wait ? { wait } : {}),
        ...(checkpoint ? { checkpoint: checkpoint.state } : {}),
        spinUs,
      });
    };
    const refuse = (error: unknown): void => {
      this.live.delete(id);
      this.onRefused(
        id,
        error instanceof MissingInput ? error.message : `what it is given cannot be read: ${String(error)}`,
      );
    };
    const task = taskAt(run.graph, template);
    const declares = task.variables !== undefined || task.connections !== undefined;
    const inputs = declares ? null : this.#inputs.now(run, node, template);
    if (inputs) return submit(inputs);
    this.#reading.add(id);
    const read = this.#inputs.read(run, node, template);
    if (!declares) {
      read.then(
        (found) => this.#reading.delete(id) && submit(found),
        (error: unknown) => this.#reading.delete(id) && refuse(error),
      );
      return;
    }
    Promise.all([read, this.#values.find(task)]).then(
      (found) => this.#reading.delete(id) && submit(...found),
      (error: unknown) => this.#reading.delete(id) && refuse(error),
    );
  }

  /** Stops an attempt; one whose inputs are still being read never reaches the executor. */
  stop(id: AttemptId, reason: StopReason, graceMs: number): void {
    if (!this.#reading.delete(id)) return this.#executor.stop(id, reason, graceMs);
    this.live.delete(id);
    this.onWithdrawn(id);
  }

  #definition(world: World, run: RunWorld, version: VersionRecord, template: number): AttemptDefinition {
    let known = this.#definitions.get(run);
    if (!known) {
      known = new Map();
      this.#definitions.set(run, known);
    }
    let definition = known.get(template);
    if (!definition) {
      definition = this.#define(world, run, version, template);
      known.set(template, definition);
    }
    return definition;
  }

  #define(world: World, run: RunWorld, version: VersionRecord, template: number): AttemptDefinition {
    const { record, graph } = run;
    const task = taskAt(graph, template);
    const limits = attemptLimits(world, run, template);
    const fanOut = task.fanOut === undefined ? undefined : graph.spec.fanOuts?.[task.fanOut];
    return {
      id: ++this.#lastDefinition,
      runNo: record.runNo,
      runUid: record.uid,
      dagId: record.dagId,
      taskPath: nodePath(graph, template),
      fanOutPath: fanOut?.path ?? null,
      action: task.action,
      ...(task.sensor ? { sensor: true } : {}),
      ...(this.#traced ? { traced: true } : {}),
      inputNames: Object.keys(task.needs ?? {}),
      with: task.with ?? null,
      env: task.env ?? null,
      params: record.params,
      run: factsOf(run.record),
      code: { root: codeDir(this.#stateDir, version.codeHash), entry: version.file },
      isolation: 'process',
      timeoutMs: limits.timeoutMs,
      killGraceMs: graceOf(world, run, template),
      memoryMb: limits.memoryMb ?? this.#memoryMb,
      itemNames: itemNamesOf(graph.spec, task.fanOut),
    };
  }
}
