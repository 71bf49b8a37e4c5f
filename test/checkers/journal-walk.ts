import {
  canTransition,
  isRunFinished,
  RUN_TRANSITIONS,
  type RunState,
  type TaskState,
} from '../../core/model/states.ts';

/** A line of the journal as far as the walk reads it. */
export interface WalkLine {
  readonly seq: number;
  readonly epoch: number;
  readonly nodeNo: number | null;
  readonly tryNo: number | null;
  readonly from: string;
  readonly to: string;
}

/** A run with its journal, and the states that its rows have at the end. */
export interface WalkedRun {
  readonly runId: string;
  readonly state: string;
  readonly tasks: readonly {
    readonly nodeNo: number;
    readonly name: string;
    readonly state: string;
    readonly attempts: number;
  }[];
  readonly journal: readonly WalkLine[];
}

/**
 * The journal grows, epochs never go back, and run and instances walk a legal way to the states that they
 * have. `mayReopen`: people retry and mark what is finished.
 */
export function badJournal(run: WalkedRun, mayReopen = false): string[] {
  const { runId, state, tasks, journal } = run;
  const found: string[] = [];
  const at = new Map<number | null, WalkLine>();
  let last: WalkLine | null = null;
  for (const line of journal) {
    if (last && line.seq <= last.seq) found.push(`line ${line.seq} comes after ${last.seq}`);
    if (last && line.epoch < last.epoch)
      found.push(`line ${line.seq} of epoch ${line.epoch} comes after epoch ${last.epoch}`);
    last = line;
    if (line.from === line.to) continue;
    const before = at.get(line.nodeNo);
    if (before && before.to !== line.from)
      found.push(`line ${line.seq} leaves ${line.from}, but ${line.nodeNo ?? 'the run'} was ${before.to}`);
    if (before && line.nodeNo !== null && (line.tryNo ?? 0) < (before.tryNo ?? 0))
      found.push(`line ${line.seq} goes back to attempt ${line.tryNo}`);
    if (!isLegal(line, mayReopen))
      found.push(`line ${line.seq}: from ${line.from} to ${line.to} is not legal`);
    at.set(line.nodeNo, line);
  }
  if (at.get(null)?.to !== state) found.push(`the last line of run ${runId} does not say ${state}`);
  for (const task of tasks) {
    const end = at.get(task.nodeNo);
    // Nothing is written of a task to which nothing has happened.
    if (end === undefined && task.state === 'none' && task.attempts === 0) continue;
    if (end?.to !== task.state || end.tryNo !== task.attempts)
      found.push(`${task.name} is ${task.state} after ${task.attempts}, its last line says otherwise`);
  }
  return found;
}

/** A run begins `queued`; once finished it stays so, unless somebody retries or marks it. */
function isLegal({ nodeNo, from, to }: WalkLine, mayReopen: boolean): boolean {
  if (nodeNo !== null) return canTransition(from as TaskState, to as TaskState);
  if (from === 'none') return to === 'queued';
  if (!mayReopen && isRunFinished(from as RunState)) return false;
  return RUN_TRANSITIONS[from as RunState].includes(to as RunState);
}
