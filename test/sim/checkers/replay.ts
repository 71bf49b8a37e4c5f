import type { BackfillRecord } from '../../../core/model/backfill.ts';
import { BECAUSE_CODES } from '../../../core/model/because.ts';
import type { RunRecord } from '../../../core/model/run.ts';
import type { ScheduleState } from '../../../core/model/slot.ts';
import { isRunFinished, type RunState, TASK_STATES, type TaskState } from '../../../core/model/states.ts';
import type { SimHistory, Written } from '../history.ts';
import { Layout } from './layout.ts';

export interface NodeNow {
  readonly state: TaskState;
  readonly tryNo: number;
  readonly tryBase: number;
  readonly lost: number;
  readonly code: string;
  /** Of the leader that wrote it. */
  readonly epoch: number;
}

/** A run as the transactions so far have made it. */
export interface RunNow {
  readonly record: RunRecord;
  state: RunState;
  startedAt: number | null;
  versionNo: number;
  /** The backfill whose limit it counts for instead of that of its DAG. */
  backfillNo: number | null;
  layout: Layout;
  readonly nodes: Map<number, NodeNow>;
  /** Being ended early: why, and whether even teardowns are stopped. */
  abort: { readonly code: string; readonly kill: boolean } | null;
  /** A critical task failed: nothing but teardowns starts any more. */
  critical: boolean;
  /** Somebody retried or marked something: its states follow from no simple rule. */
  touched: boolean;
  /** The leader that has set it aside: it holds nothing there. */
  asideOf: number | null;
}

/** Codes under which a run is being ended although its state stays. */
const ABORTS = [
  'critical_failed',
  'cancelled_by_user',
  'run_timed_out',
  'superseded',
  'expansion_failed',
  'unknown_key',
  'marked',
];
const HOLDS: readonly TaskState[] = ['queued', 'running', 'paused'];

/** Whether an instance in a state holds a slot. */
export function holds(state: TaskState | undefined): boolean {
  return state !== undefined && HOLDS.includes(state);
}

/** Folds written transactions into what they add up to, independently of the planner and the store. */
export class Replay {
  readonly runs = new Map<number, RunNow>();
  readonly dags = new Map<string, ScheduleState>();
  readonly backfills = new Map<number, BackfillRecord>();
  readonly #history: SimHistory;

  constructor(history: SimHistory) {
    this.#history = history;
  }

  apply({ actions, epoch }: Written): void {
    for (const action of actions) {
      if (action.type === 'run.create') {
        const { run } = action;
        this.runs.set(run.runNo, {
          record: run,
          state: run.state,
          startedAt: run.startedAt,
          versionNo: run.versionNo,
          backfillNo: run.backfillNo ?? null,
          layout: this.#layout(run.versionNo),
          nodes: new Map(),
          abort: null,
          critical: false,
          touched: Object.keys(run.scope).length > 0,
          asideOf: null,
        });
      } else if (action.type === 'run.change') {
        const run = this.#run(action.runNo);
        if (isRunFinished(run.state) && !isRunFinished(action.to)) run.abort = null;
        if (action.from === action.to && ABORTS.includes(action.code))
          run.abort = { code: action.code, kill: action.facts?.['kill'] === true };
        if (action.code === 'retried' || action.code === 'marked') run.touched = true;
        run.state = action.to;
        if (action.backfillNo !== undefined) run.backfillNo = action.backfillNo;
        if (action.startedAt !== undefined) run.startedAt = action.startedAt;
        if (action.repin) {
          const { expansions } = run.layout;
          run.versionNo = action.repin.to;
          run.layout = this.#layout(action.repin.to);
          for (const expansion of expansions) run.layout.expand(expansion);
        }
      } else if (action.type === 'expand') this.#run(action.expansion.runNo).layout.expand(action.expansion);
      else if (action.type === 'instance') {
        const { runNo, nodeNo, tryNo, tryBase, lost } = action;
        const run = this.#run(runNo);
        const code = BECAUSE_CODES[action.because] as string;
        const state = TASK_STATES[action.to] as TaskState;
        // A run that is marked while it is under way is ended: that cancels, and reopens nothing.
        if (code === 'retried' || (code === 'marked' && state !== 'cancelled')) {
          run.touched = true;
          run.abort = null;
          run.critical = false;
        }
        const spec = run.layout.at(nodeNo).spec;
        if (state === 'failed' && code !== 'marked' && 'critical' in spec) run.critical = true;
        run.nodes.set(nodeNo, { state, tryNo, tryBase, lost, code, epoch });
      } else if (action.type === 'note' && action.code === 'quarantined' && action.runNo !== null)
        this.#run(action.runNo).asideOf = epoch;
      else if (action.type === 'dag.change') this.dags.set(action.dagId, action.state);
      else if (action.type === 'backfill.create' || action.type === 'backfill.change')
        this.backfills.set(action.backfill.backfillNo, action.backfill);
    }
  }

  /** The state of a node; one without a row is `none`. */
  static stateOf(run: RunNow, node: number): TaskState {
    return run.nodes.get(node)?.state ?? 'none';
  }

  #run(runNo: number): RunNow {
    const run = this.runs.get(runNo);
    if (run === undefined) throw new Error(`run ${runNo} was changed before it was made`);
    return run;
  }

  #layout(versionNo: number): Layout {
    const version = this.#history.versions.get(versionNo);
    if (version === undefined) throw new Error(`version ${versionNo} is not stored`);
    return new Layout(version);
  }
}
