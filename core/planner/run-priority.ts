import type { Answer } from '../model/action.ts';
import { PRIORITY_LEVELS, type PriorityLevel } from '../model/dag.ts';
import { holdsSlot, S } from '../model/states.ts';
import { conflict } from './answers.ts';
import { nodesInState } from './nodes-in-state.ts';
import type { RunWorld } from './run-world.ts';
import type { Turn } from './turn.ts';

/** The level of a task in a run: that of the run, if it has one, moves all its tasks beside other runs. */
export function levelIn({ record, templates }: RunWorld, template: number): number {
  return record.priority === undefined
    ? (templates.level[template] as number)
    : PRIORITY_LEVELS.indexOf(record.priority);
}

/** The level by which a run waits for its start. */
function levelOfRun({ record, graph }: RunWorld): number {
  return PRIORITY_LEVELS.indexOf(record.priority ?? graph.spec.priority ?? 'normal');
}

/** What waits this long counts one level higher, again and again: lanes, and runs before their start. */
export const AGING_MS = 600_000;

/**
 * Runs that wait for their start, in the order in which they start: by level, then the oldest first. Those
 * that were asked for with a priority are why runs of one DAG differ.
 */
export function inOrderOfStart(runs: readonly RunWorld[], at: number): readonly RunWorld[] {
  if (runs.every(({ record }) => record.priority === undefined)) return runs;
  const level = (run: RunWorld): number =>
    levelOfRun(run) + Math.max(0, Math.floor((at - run.queuedSince) / AGING_MS));
  return runs.toSorted((a, b) => level(b) - level(a));
}

/** Changes how urgent a run is, as long as some of it is still to start. */
export function setPriority(
  turn: Turn,
  run: RunWorld,
  priority: PriorityLevel,
  by: string,
): Answer | undefined {
  if (run.abort) return conflict('the run is being ended: its priority decides nothing any more');
  const isToStart = (state: number): boolean => state < S.success && !holdsSlot(state);
  if (nodesInState(run, isToStart).length === 0)
    return conflict('nothing of the run is still to start: its priority decides nothing any more');
  if (run.record.priority === priority) return undefined;
  run.record = { ...run.record, priority };
  turn.world.ranking.relevel(run);
  const { runNo, state } = run.record;
  const facts = { priority, by };
  turn.actions.push({
    type: 'run.change',
    runNo,
    from: state,
    to: state,
    code: 'prioritized',
    facts,
    priority,
  });
  return undefined;
}
