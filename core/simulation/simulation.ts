import type { Graph } from '../graph/graph.ts';
import type { Because } from '../model/because.ts';
import type { SlotSpan } from '../model/slot.ts';
import type { RunState, TaskState } from '../model/states.ts';
import type { RunParams } from '../planner/run-params.ts';
import type { Limits } from '../planner/world.ts';

/** A DAG as it is simulated. */
export interface SimulatedDag {
  readonly graph: Graph;
  /** The params of a run that is given none. */
  readonly params: RunParams;
  /** How long an attempt of a task takes, by its path, in milliseconds. */
  readonly durationOf: (path: string) => number;
}

/** What is simulated. Instants are epoch milliseconds. */
export interface SimulationInput {
  readonly dags: readonly SimulatedDag[];
  readonly limits: Limits;
  /** Slots that are due from here ... */
  readonly fromAt: number;
  /** ... to here, both included, have their runs; these go on to their ends. */
  readonly toAt: number;
  /** Whether the attempts of a task fail, by the id of its DAG and its path. */
  readonly fails: (dagId: string, path: string) => boolean;
  /** Attempts after which it stops. */
  readonly attemptsMax: number;
}

/** A task instance of a simulated run. */
export interface SimulatedTask {
  /** `symbol[BTC-USD].backtest`. */
  readonly name: string;
  /** Dotted path without keys. */
  readonly path: string;
  readonly state: TaskState;
  readonly attempts: number;
  /** Of its first attempt; `null` if it had none. */
  readonly startedAt: number | null;
  /** Of its last attempt. */
  readonly endedAt: number | null;
}

/** A run as it would be. */
export interface SimulatedRun {
  readonly dagId: string;
  /** When its slot was due. */
  readonly dueAt: number;
  readonly logicalAt: number;
  readonly createdAt: number;
  readonly startedAt: number | null;
  /** `null` if it never ends: it waits for something that does not come. */
  readonly endedAt: number | null;
  readonly state: RunState;
  /** Whether it took longer than the timeout of its DAG. */
  readonly timedOut: boolean;
  readonly tasks: readonly SimulatedTask[];
}

/** How a pool, or all attempts together, were used in the span. */
export interface SimulatedPool {
  readonly name: string;
  readonly slots: number;
  /** Share of the span, 0 to 1, in which no slot was free. */
  readonly full: number;
  readonly mostUsed: number;
  /** Most instances that waited for a slot of it at once. */
  readonly longestQueue: number;
  /** When that began; `null` if nothing ever waited. */
  readonly longestQueueAt: number | null;
}

/** A run that was not over in time. */
export interface DeadlineMiss {
  readonly dagId: string;
  /** When its slot was due. */
  readonly dueAt: number;
  readonly deadlineAt: number;
  /** `null` if it never ends. */
  readonly endedAt: number | null;
}

/** Slots of a DAG that were due in the span and still waited for their turn at its end. */
export interface Backlog {
  readonly dagId: string;
  readonly slots: number;
  readonly firstAt: number;
}

/** What came out. */
export interface SimulationResult {
  /** In the order in which they were made. */
  readonly runs: readonly SimulatedRun[];
  readonly attempts: number;
  readonly pools: readonly SimulatedPool[];
  /** All attempts at once, against `scheduler.maxActive`. */
  readonly global: SimulatedPool;
  readonly misses: readonly DeadlineMiss[];
  /** Slots that have no run of their own, and why. */
  readonly leftOut: readonly SlotSpan[];
  readonly backlog: readonly Backlog[];
  /** DAGs that were paused because too many of their runs failed, and when. */
  readonly paused: readonly { readonly dagId: string; readonly at: number; readonly because: Because }[];
  /** DAGs of whose slots nothing could be decided. */
  readonly faults: readonly { readonly dagId: string; readonly message: string }[];
  /** When it stopped because there were too many attempts; `null` if it came to its end. */
  readonly stoppedAt: number | null;
}
