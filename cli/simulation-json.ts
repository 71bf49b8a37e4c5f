import type { SimulatedPool, SimulatedRun, SimulationResult } from '../core/simulation/simulation.ts';
import type { ClockChange } from '../core/timetables/preview.ts';
import { clockChangeJson } from './render/clock-change-text.ts';
import { instantText } from './render/time-text.ts';
import type { PreparedDag } from './simulation-input.ts';

/** Everything about a simulation for programs. */
export function simulationJson(
  span: { readonly fromAt: number; readonly toAt: number },
  dags: readonly PreparedDag[],
  result: SimulationResult,
  changes: readonly ClockChange[],
): object {
  return {
    from: instantText(span.fromAt),
    to: instantText(span.toAt),
    attempts: result.attempts,
    stoppedAt: instantText(result.stoppedAt),
    dags: dags.map(({ spec, assumptions, durations }) => ({
      dagId: spec.id,
      assumptions,
      durations: [...durations].map(([taskId, { ms, isKnown }]) => ({
        taskId,
        durationMs: ms,
        source: isKnown ? 'history' : 'assumed',
      })),
    })),
    runs: result.runs.map(runJson),
    pools: result.pools.map(poolJson),
    global: poolJson(result.global),
    deadlineMisses: result.misses.map(({ dagId, dueAt, deadlineAt, endedAt }) => ({
      dagId,
      dueAt: instantText(dueAt),
      deadlineAt: instantText(deadlineAt),
      endedAt: instantText(endedAt),
    })),
    leftOut: result.leftOut.map(({ dagId, firstAt, lastAt, disposition, because }) => ({
      dagId,
      firstAt: instantText(firstAt),
      lastAt: instantText(lastAt),
      disposition,
      because,
    })),
    backlog: result.backlog.map(({ firstAt, ...one }) => ({ ...one, firstAt: instantText(firstAt) })),
    paused: result.paused.map(({ at, ...one }) => ({ ...one, at: instantText(at) })),
    faults: result.faults,
    clockChanges: changes.map(clockChangeJson),
  };
}

function runJson(run: SimulatedRun): object {
  return {
    dagId: run.dagId,
    dueAt: instantText(run.dueAt),
    logicalDate: instantText(run.logicalAt),
    createdAt: instantText(run.createdAt),
    startedAt: instantText(run.startedAt),
    endedAt: instantText(run.endedAt),
    state: run.state,
    timedOut: run.timedOut,
    tasks: run.tasks.map(({ name, path, state, attempts, startedAt, endedAt }) => ({
      taskId: path,
      name,
      state,
      attempts,
      startedAt: instantText(startedAt),
      endedAt: instantText(endedAt),
    })),
  };
}

function poolJson({ longestQueueAt, ...figures }: SimulatedPool): object {
  return { ...figures, longestQueueAt: instantText(longestQueueAt) };
}
