import type { Graph } from '../../../core/graph/graph.ts';
import { selectScope } from '../../../core/graph/select.ts';
import type { Action, InstanceChange, RunChange, StoredOutput } from '../../../core/model/action.ts';
import { BECAUSE_CODES, because } from '../../../core/model/because.ts';
import type { CacheAsk } from '../../../core/model/cache.ts';
import type { DeadlineStage, HookJob } from '../../../core/model/hook.ts';
import type { NodeNo, TryNo } from '../../../core/model/ids.ts';
import type { Json } from '../../../core/model/json.ts';
import type { ExpansionRecord, InstanceRecord, RunRecord, WaitRecord } from '../../../core/model/run.ts';
import {
  canTransition,
  isRunFinished,
  REASONS,
  RUN_TRANSITIONS,
  TASK_STATES,
} from '../../../core/model/states.ts';
import { giveValues, loadRun, nodesRead } from '../../../core/planner/load.ts';
import type { RunWorld } from '../../../core/planner/run-world.ts';

interface StoredRun {
  record: RunRecord;
  readonly expansions: ExpansionRecord[];
  readonly rows: Map<number, InstanceRecord>;
  readonly outputs: Map<string, StoredOutput>;
  readonly waits: Map<number, WaitRecord>;
  readonly asks: Map<number, CacheAsk>;
  readonly hooks: HookJob[];
  readonly told: DeadlineStage[];
}

function must(condition: boolean, what: string): void {
  if (!condition) throw new Error(`shadow store: ${what}`);
}

/**
 * A store in memory that knows nothing but the actions, and refuses those whose expectation it does not meet.
 */
export class ShadowStore {
  readonly runs = new Map<number, StoredRun>();
  /** Every state that each instance had in the store, as `run.node` to names. */
  readonly changes: {
    readonly runNo: number;
    readonly node: number;
    readonly from: string;
    readonly to: string;
    readonly tryNo: number;
    readonly code: string;
  }[] = [];

  apply(action: Action): void {
    switch (action.type) {
      case 'run.create': {
        must(!this.runs.has(action.run.runNo), `run ${action.run.runNo} was created twice`);
        this.runs.set(action.run.runNo, {
          record: action.run,
          expansions: [],
          rows: new Map(),
          outputs: new Map(),
          waits: new Map(),
          asks: new Map(),
          hooks: [],
          told: [],
        });
        return;
      }
      case 'run.change':
        return this.#changeRun(action);
      case 'expand':
        return this.#expand(action);
      case 'reexpand': {
        const { base, runNo } = action.expansion;
        const { expansions } = this.#run(runNo);
        const at = expansions.findIndex((one) => one.base === base);
        must(at >= 0, `run ${runNo} has no expansion at ${base}`);
        expansions[at] = action.expansion;
        return;
      }
      case 'instance':
        return this.#changeInstance(action);
      case 'output': {
        const { outputs } = this.#run(action.runNo);
        const id = `${action.nodeNo}/${action.tryNo}`;
        must(!outputs.has(id), `attempt ${id} has two outputs`);
        outputs.set(id, action.output);
        return;
      }
      case 'cache.ask': {
        const { asks } = this.#run(action.runNo);
        if (action.ask === null) asks.delete(action.nodeNo);
        else asks.set(action.nodeNo, action.ask);
        return;
      }
      case 'wait': {
        const { waits } = this.#run(action.runNo);
        if (action.wait === null) waits.delete(action.nodeNo);
        else waits.set(action.nodeNo, action.wait);
        return;
      }
      case 'hook': {
        const { hooks } = this.#run(action.job.runNo);
        must(action.job.hookNo === hooks.length + 1, `hook ${action.job.event.id} is out of order`);
        hooks.push(action.job);
        return;
      }
      case 'deadline': {
        const { told } = this.#run(action.runNo);
        must(!told.includes(action.stage), `deadline of run ${action.runNo} is ${action.stage} twice`);
        told.push(action.stage);
        return;
      }
      default:
    }
  }

  #expand({ expansion }: Extract<Action, { type: 'expand' }>): void {
    const { base, fanOut, parentBase, runNo, keys } = expansion;
    const { expansions } = this.#run(runNo);
    must(!expansions.some((one) => one.base === base), `nodes ${base} of run ${runNo} are given twice`);
    const twin = expansions.find(
      (one) =>
        one.fanOut === fanOut && one.parentBase === parentBase && one.keys.some((key) => keys.includes(key)),
    );
    must(!twin, `fan-out ${fanOut} of block ${parentBase} has one key twice`);
    expansions.push(expansion);
  }

  #run(runNo: number): StoredRun {
    const run = this.runs.get(runNo);
    if (!run) throw new Error(`shadow store: there is no run ${runNo}`);
    return run;
  }

  #changeRun(change: RunChange): void {
    const run = this.#run(change.runNo);
    const { from, to, code, facts, startedAt, endedAt, repin } = change;
    const { versionNo } = run.record;
    must(!repin || repin.from === versionNo, `run ${change.runNo} has version ${versionNo}`);
    must(run.record.state === from, `run ${change.runNo} is ${run.record.state}, not ${from} (to ${to})`);
    must(from === to || RUN_TRANSITIONS[from].includes(to), `run ${change.runNo} goes from ${from} to ${to}`);
    must(from !== to || !isRunFinished(to), `run ${change.runNo} is ${to} already`);
    run.record = {
      ...run.record,
      state: to,
      because: because(code, facts ?? {}),
      ...(repin ? { versionNo: repin.to, params: repin.params } : {}),
      ...(startedAt === undefined ? {} : { startedAt }),
      ...(endedAt === undefined ? {} : { endedAt }),
      ...(change.priority === undefined ? {} : { priority: change.priority }),
    };
    must(
      isRunFinished(to) === (run.record.endedAt !== null),
      `run ${change.runNo} is ${to}, ended ${run.record.endedAt}`,
    );
  }

  #changeInstance(change: InstanceChange): void {
    const { rows } = this.#run(change.runNo);
    const { nodeNo } = change;
    const row = rows.get(nodeNo);
    const name = `instance ${change.runNo}.${nodeNo}`;
    const from = TASK_STATES[change.from] as (typeof TASK_STATES)[number];
    const to = TASK_STATES[change.to] as (typeof TASK_STATES)[number];
    must(change.fresh === (row === undefined), `${name}: fresh is ${change.fresh}`);
    must((row?.state ?? 'none') === from, `${name} is ${row?.state}, not ${from}`);
    must((row?.tryNo ?? 0) === change.fromTry, `${name} has attempt ${row?.tryNo}, not ${change.fromTry}`);
    must(change.tryNo >= change.fromTry, `${name} goes back to attempt ${change.tryNo}`);
    must(canTransition(from, to), `${name} goes from ${from} to ${to}`);
    must(
      change.startedAt === null || change.endedAt === null || change.startedAt <= change.endedAt,
      `${name} ended before it started`,
    );
    const code = BECAUSE_CODES[change.because] ?? 'none';
    this.changes.push({ runNo: change.runNo, node: nodeNo, from, to, tryNo: change.tryNo, code });
    rows.set(nodeNo, {
      runNo: change.runNo,
      nodeNo,
      state: to,
      tryNo: change.tryNo as TryNo,
      tryBase: change.tryBase,
      lost: change.lost,
      reason: change.reason === 0 ? null : (REASONS[change.reason - 1] ?? null),
      because: because(
        BECAUSE_CODES[change.because] ?? 'none',
        change.facts === null ? {} : JSON.parse(change.facts),
      ),
      queuedAt: change.queuedAt,
      startedAt: change.startedAt,
      endedAt: change.endedAt,
      dueAt: change.dueAt,
      error: change.error === null ? null : JSON.parse(change.error),
      log: change.log,
    });
  }

  /** The row of an instance. */
  row(runNo: number, node: number): InstanceRecord | undefined {
    return this.#run(runNo).rows.get(node);
  }

  /** The hooks of a run that became due. */
  hooksOf(runNo: number): readonly HookJob[] {
    return this.#run(runNo).hooks;
  }

  /** Reads a run as a new leader does. */
  load(runNo: number, graph: Graph, other: Partial<RunRecord> = {}): RunWorld {
    const { record: stored, expansions, rows, outputs, waits, asks, hooks, told } = this.#run(runNo);
    const record = { ...stored, ...other };
    const selection = selectScope(graph, record.scope);
    if (!selection.ok) throw new Error('the scope of a stored run cannot be used');
    const run = loadRun(
      {
        run: record,
        expansions,
        instances: [...rows.values()],
        waits,
        asks,
        told: { hookNo: hooks.length, deadline: told },
      },
      graph,
      selection.selected,
    );
    for (const row of rows.values()) {
      const output = outputs.get(`${row.nodeNo}/${row.tryNo}`);
      if (output && row.state === 'success') run.outputs.set(row.nodeNo, output);
    }
    const values = new Map<NodeNo, Json>();
    for (const node of nodesRead(run)) {
      const output = run.outputs.get(node);
      if (output && 'json' in output) values.set(node, JSON.parse(output.json));
    }
    giveValues(run, values);
    return run;
  }
}
