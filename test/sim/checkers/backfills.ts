import type { BackfillRecord } from '../../../core/model/backfill.ts';
import { isRunFinished } from '../../../core/model/states.ts';
import type { SimHistory, Violation, Written } from '../history.ts';
import { Replay } from './replay.ts';

/**
 * S1 a slot has one run, whoever made it; S2 a backfill makes runs for its own slots, S4 it goes one way,
 * S18 not while it is paused or over; L3 it ends, with every slot decided once.
 */
export function checkBackfills(history: SimHistory): Violation[] {
  const found: Violation[] = [];
  const replay = new Replay(history);
  const runOfSlot = new Map<string, number>();
  for (const written of history.written) {
    const standing = new Map(replay.backfills);
    const cursors = new Map([...replay.dags].map(([dagId, { cursorAt }]) => [dagId, cursorAt]));
    const made: number[] = [];
    for (const action of written.actions) {
      if (action.type === 'dag.change') cursors.set(action.dagId, action.state.cursorAt);
      if (action.type === 'backfill.change') {
        checkMove(action.from, action.backfill, standing, found);
        standing.set(action.backfill.backfillNo, action.backfill);
      }
      if (action.type !== 'run.create' || action.run.logicalAt === null) continue;
      const { run } = action;
      const slot = `${run.dagId} ${run.logicalAt}`;
      if (runOfSlot.has(slot))
        found.push({ invariant: 'S1', text: `${slot} has runs ${runOfSlot.get(slot)} and ${run.runNo}` });
      runOfSlot.set(slot, run.runNo);
      const before = replay.backfills.get(run.backfillNo ?? 0);
      if (run.backfillNo === undefined) continue;
      const dueAt = run.intervalEndAt ?? run.logicalAt ?? 0;
      if (before?.state !== 'running')
        found.push({
          invariant: 'S18',
          text: `run ${run.runNo} was made by a backfill that is ${before?.state}`,
        });
      else if (dueAt < before.firstAt || dueAt > before.lastAt)
        found.push({ invariant: 'S2', text: `run ${run.runNo} is not for a slot of its backfill` });
      made.push(run.backfillNo);
      const beside =
        unfinished(replay, written, run.backfillNo) + made.filter((no) => no === run.backfillNo).length;
      const most = before?.maxActiveRuns ?? 0;
      if (beside > most)
        found.push({
          invariant: 'S12',
          text: `run ${run.runNo} is number ${beside} of ${most} of its backfill`,
        });
      if (dueAt > (cursors.get(run.dagId) ?? Number.NEGATIVE_INFINITY))
        found.push({
          invariant: 'S4',
          text: `run ${run.runNo} is for a slot that its schedule has not decided`,
        });
    }
    replay.apply(written);
  }
  for (const backfill of replay.backfills.values()) found.push(...checkEnd(history, backfill));
  return found;
}

/** Runs of a backfill that are under way, but for those that end in a transaction. */
function unfinished(replay: Replay, { actions }: Written, backfillNo: number): number {
  const ending = new Set(
    actions.flatMap((one) =>
      one.type === 'run.change' && isRunFinished(one.to) ? [one.runNo as number] : [],
    ),
  );
  return [...replay.runs.values()].filter(
    (run) => run.backfillNo === backfillNo && !isRunFinished(run.state) && !ending.has(run.record.runNo),
  ).length;
}

function checkMove(
  from: { readonly state: string; readonly cursorAt: number | null },
  to: BackfillRecord,
  standing: ReadonlyMap<number, BackfillRecord>,
  found: Violation[],
): void {
  const { backfillNo, reverse, cursorAt } = to;
  const known = standing.get(backfillNo);
  if (known?.state !== from.state || known.cursorAt !== from.cursorAt)
    found.push({ invariant: 'S6', text: `backfill ${backfillNo} moves from where it is not` });
  if (from.cursorAt === null || cursorAt === from.cursorAt) return;
  if (cursorAt === null || cursorAt < from.cursorAt !== reverse)
    found.push({ invariant: 'S4', text: `backfill ${backfillNo} goes back to ${cursorAt}` });
}

/** One whose DAG is there at the end, as it was when it was asked for, has decided all of its slots. */
function checkEnd(history: SimHistory, backfill: BackfillRecord): Violation[] {
  const { backfillNo, dagId, state, decided, slots, createdAt } = backfill;
  if (state === 'cancelled' || !history.calm.declared.includes(dagId)) return [];
  const isStuck = history.journal.some(({ because }) => because.code === 'backfill_stuck');
  if (state !== 'done')
    return isStuck ? [] : [{ invariant: 'L3', text: `backfill ${backfillNo} of ${dagId} is ${state}` }];
  const isEdited = history.seen.some((one) => one.dagId === dagId && one.at > createdAt && one.isRescheduled);
  if (isEdited || decided === slots) return [];
  return [{ invariant: 'L1', text: `backfill ${backfillNo} is done after ${decided} of ${slots} slots` }];
}
