import type { Action, DagChange } from '../model/action.ts';
import { AppError } from '../model/errors.ts';
import type { SlotSpan } from '../model/slot.ts';

/** How far a tick has come with one DAG. */
interface Standing {
  /** What the last change moved the cursor to; `undefined` while the tick leaves it as it is stored. */
  cursorAt: number | null | undefined;
  /** The greatest end of its spans; `null` while it has none. */
  reachAt: number | null;
}

/**
 * DAGs whose actions contradict each other within a tick, in the order of the tick. Throws for what reading
 * memory again cannot mend: a cursor that goes back, and spans that it does not come to cover.
 *
 * The statements of a tick compare with the stored cursor only. Together with this that is enough: no stored
 * span ends after the cursor, so one that begins after the cursor overlaps none.
 */
export function contradictoryDags(actions: readonly Action[]): ReadonlySet<string> {
  const standings = new Map<string, Standing>();
  const found = new Set<string>();
  for (const action of actions) {
    if (action.type === 'slots') {
      const { span } = action;
      if (!follows(standingOf(standings, span.dagId), span)) found.add(span.dagId);
    } else if (action.type === 'dag.change') {
      const { dagId, fromCursorAt, state } = action;
      if (isBefore(state.cursorAt, fromCursorAt)) throw refused(dagId, 'goes back');
      if (!move(standingOf(standings, dagId), action)) found.add(dagId);
    }
  }
  for (const [dagId, { cursorAt, reachAt }] of standings)
    if (isBefore(cursorAt ?? null, reachAt)) throw refused(dagId, 'does not come to cover its slots');
  return found;
}

function standingOf(standings: Map<string, Standing>, dagId: string): Standing {
  const known = standings.get(dagId);
  if (known !== undefined) return known;
  const fresh: Standing = { cursorAt: undefined, reachAt: null };
  standings.set(dagId, fresh);
  return fresh;
}

/** Takes a span in; whether it begins after everything that came before it. */
function follows(standing: Standing, { firstAt, lastAt }: SlotSpan): boolean {
  const { cursorAt = null, reachAt } = standing;
  standing.reachAt = Math.max(reachAt ?? lastAt, lastAt);
  return isBefore(cursorAt, firstAt) && isBefore(reachAt, firstAt);
}

/** Takes a change in; whether it begins where the one before it ended. */
function move(standing: Standing, { fromCursorAt, state }: DagChange): boolean {
  const isNext = standing.cursorAt === undefined || standing.cursorAt === fromCursorAt;
  standing.cursorAt = state.cursorAt;
  return isNext;
}

/** Whether one instant is before another; none at all is before every one. */
function isBefore(one: number | null, other: number | null): boolean {
  return other !== null && (one === null || one < other);
}

function refused(dagId: string, why: string): AppError {
  return new AppError('internal', `The store refused a tick: the cursor of DAG ${dagId} ${why}`);
}
