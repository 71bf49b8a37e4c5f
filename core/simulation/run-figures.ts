import { taskAt } from '../graph/graph.ts';
import type { DagSpec } from '../model/dag.ts';
import { TASK_STATES, type TaskState } from '../model/states.ts';
import type { RunWorld } from '../planner/run-world.ts';
import type { DeadlineMiss, SimulatedRun, SimulatedTask } from './simulation.ts';

/** What is kept of a run, its tasks in the order of the graph; `firstStarts` by node. */
export function runFigures(run: RunWorld, firstStarts?: ReadonlyMap<number, number>): SimulatedRun {
  const { record } = run;
  const tasks: SimulatedTask[] = [];
  const nodes = [...run.existing()].sort((a, b) => a.template - b.template || a.node - b.node);
  for (const { node, template } of nodes) {
    if (!run.isTask(template)) continue;
    const startedAt = firstStarts?.get(node) ?? null;
    tasks.push({
      name: run.nameOf(node),
      path: taskAt(run.graph, template).path,
      state: TASK_STATES[run.state[node] as number] as TaskState,
      attempts: run.tryNo[node] as number,
      startedAt,
      endedAt: startedAt === null ? null : run.endedAt[node] || null,
    });
  }
  return {
    dagId: record.dagId,
    dueAt: dueAtOf(record.intervalEndAt, record.logicalAt),
    logicalAt: record.logicalAt ?? 0,
    createdAt: record.createdAt,
    startedAt: record.startedAt,
    endedAt: record.endedAt,
    state: record.state,
    timedOut: run.abort?.code === 'run_timed_out',
    tasks,
  };
}

function dueAtOf(intervalEndAt: number | null, logicalAt: number | null): number {
  return intervalEndAt ?? logicalAt ?? 0;
}

/**
 * The runs that were not over when the deadline of their DAG, counted from their slot, had come; of those
 * that were not over at `untilAt`, when it stopped, the deadlines that had passed.
 */
export function missesOf(
  specs: readonly DagSpec[],
  runs: readonly SimulatedRun[],
  untilAt: number,
): DeadlineMiss[] {
  const deadlines = new Map(specs.map(({ id, deadlineMs }) => [id, deadlineMs]));
  return runs.flatMap(({ dagId, dueAt, endedAt }) => {
    const deadlineMs = deadlines.get(dagId);
    const deadlineAt = dueAt + (deadlineMs ?? Number.POSITIVE_INFINITY);
    return (endedAt ?? untilAt) > deadlineAt ? [{ dagId, dueAt, deadlineAt, endedAt }] : [];
  });
}
