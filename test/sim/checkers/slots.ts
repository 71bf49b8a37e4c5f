import type { Action } from '../../../core/model/action.ts';
import type { DagSpec } from '../../../core/model/dag.ts';
import { isRunFinished } from '../../../core/model/states.ts';
import type { SimHistory, Violation, Written } from '../history.ts';
import { Replay } from './replay.ts';
import { oracleSlots } from './slot-oracle.ts';

type DagChange = Extract<Action, { type: 'dag.change' }>;
type Span = Extract<Action, { type: 'slots' }>['span'];

/** What a look at one transaction knows of a DAG. */
interface Sight {
  readonly history: SimHistory;
  readonly replay: Replay;
  readonly written: Written;
  readonly ticks: number;
  readonly found: Violation[];
}

/**
 * S1 one run a slot, S2 none invented, S3 never early, S4 the cursor only grows, S18 silence while paused,
 * S19 every slot has its disposition, and the policies for late and busy slots.
 */
export function checkSlots(history: SimHistory): Violation[] {
  const found: Violation[] = [];
  const replay = new Replay(history);
  const slotOfRun = new Map<number, Span>();
  const runOfSlot = new Map<string, number>();
  const unpausedAt = new Map<string, number>();
  for (const [ticks, written] of history.written.entries()) {
    const sight = { history, replay, written, ticks, found };
    const standing = new Map(replay.dags);
    for (const action of written.actions) {
      if (action.type === 'dag.change') {
        const before = standing.get(action.dagId);
        standing.set(action.dagId, action.state);
        checkCursor(sight, action, before?.cursorAt ?? null);
        if (before?.paused && !action.state.paused) unpausedAt.set(action.dagId, written.at);
        checkCovered(sight, action);
      }
      if (action.type !== 'slots' || action.span.disposition !== 'run') continue;
      const { span } = action;
      const slot = `${span.dagId} ${span.firstAt}`;
      if (runOfSlot.has(slot)) found.push({ invariant: 'S1', text: `${slot} has two runs` });
      if (span.runNo === null || span.firstAt !== span.lastAt)
        found.push({ invariant: 'S19', text: `${slot} says run without one run` });
      else {
        runOfSlot.set(slot, span.runNo);
        slotOfRun.set(span.runNo, span);
      }
    }
    for (const action of written.actions)
      if (action.type === 'run.create' && action.run.trigger === 'schedule')
        checkMade(sight, action.run, slotOfRun.get(action.run.runNo), unpausedAt.get(action.run.dagId));
    replay.apply(written);
  }
  return found;
}

function checkCursor(
  { found }: Sight,
  { dagId, state, fromCursorAt }: DagChange,
  known: number | null,
): void {
  if (fromCursorAt !== known)
    found.push({
      invariant: 'S4',
      text: `${dagId}: its cursor moves from ${fromCursorAt}, but it was ${known}`,
    });
  if (known !== null && (state.cursorAt === null || state.cursorAt < known))
    found.push({
      invariant: 'S4',
      text: `${dagId}: its cursor goes back from ${known} to ${state.cursorAt}`,
    });
}

/** The specs by which a DAG may be planned in a transaction: as last told, or as told before that. */
function specsInForce({ history, ticks }: Sight, dagId: string): DagSpec[] {
  const told = history.seen.filter((one) => one.dagId === dagId && one.afterTicks <= ticks);
  return told
    .slice(-2)
    .reverse()
    .map(({ versionNo }) => history.versions.get(versionNo)?.spec as DagSpec);
}

/** Every slot that the cursor passes has exactly one disposition, and no other instant has one. */
function checkCovered(sight: Sight, change: DagChange): void {
  const { found, written } = sight;
  const { dagId, fromCursorAt, state, code } = change;
  if (fromCursorAt === null || state.cursorAt === null || state.cursorAt === fromCursorAt) return;
  if (code === 'schedule_changed') return;
  const cursorAt = state.cursorAt;
  const spans = written.actions.flatMap((one) =>
    one.type === 'slots' &&
    one.span.dagId === dagId &&
    one.span.firstAt > fromCursorAt &&
    one.span.lastAt <= cursorAt
      ? [one.span]
      : [],
  );
  const specs = specsInForce(sight, dagId);
  const faults = specs.map(
    (spec) => uncovered(spec, spans, fromCursorAt, cursorAt) ?? misjudged(sight, spec, spans),
  );
  if (faults.includes(null)) return;
  found.push({ invariant: 'S19', text: `${dagId}: ${faults[0] ?? 'it was never told of'}` });
}

function uncovered(spec: DagSpec, spans: readonly Span[], fromAt: number, toAt: number): string | null {
  const slots = oracleSlots(spec, fromAt, toAt);
  for (const slot of slots) {
    const fates = spans.filter(({ firstAt, lastAt }) => firstAt <= slot && slot <= lastAt);
    if (fates.length !== 1) return `slot ${new Date(slot).toISOString()} has ${fates.length} dispositions`;
  }
  for (const { firstAt, lastAt, disposition } of spans) {
    if (!slots.includes(firstAt) || !slots.includes(lastAt))
      return `${disposition} ${[firstAt, lastAt].map((at) => new Date(at).toISOString())} is no slot`;
  }
  return null;
}

/** Whether a policy says something else about slots than what became of them. */
function misjudged(sight: Sight, spec: DagSpec, spans: readonly Span[]): string | null {
  const { at } = sight.written;
  const graceMs = spec.misfireGraceMs ?? null;
  for (const { disposition, lastAt, firstAt, because } of spans) {
    const isTooLate = graceMs !== null && firstAt < at - graceMs;
    const text = `${disposition} (${because.code}) ${new Date(firstAt).toISOString()}`;
    if (disposition === 'missed' && (graceMs === null || lastAt >= at - graceMs)) return `${text}: not late`;
    if ((disposition === 'run' || because.code === 'slot_skipped') && isTooLate) return `${text}: too late`;
    if (disposition === 'coalesced' && !(spec.catchup && spec.coalesce)) return `${text}: no coalesce`;
    if (disposition === 'paused' && spec.catchup) return `${text}: it catches up`;
    if (because.code === 'slot_skipped') {
      if (spec.catchup) return `${text}: it catches up`;
      if (oracleSlots(spec, lastAt, at).length === 0) return `${text}: it is the newest`;
    }
    if (because.code === 'slot_overlap' && spec.overlap !== 'skip') return `${text}: no overlap policy`;
    if (because.code === 'slot_taken' && !isTaken(sight, spec.id, firstAt)) return `${text}: no run has it`;
    if (disposition === 'run' && !spec.catchup) {
      const newer = oracleSlots(spec, lastAt, at - (spec.jitterMs ?? 0));
      if (newer.length > 0) return `${text}: a newer slot was due`;
    }
  }
  return null;
}

/** Whether an older run of a DAG is about an instant before a slot is due. */
function isTaken({ replay }: Sight, dagId: string, dueAt: number): boolean {
  return [...replay.runs.values()].some(
    ({ record }) => record.dagId === dagId && record.logicalAt !== null && record.logicalAt < dueAt,
  );
}

/** Slots of another schedule that were due before it was seen were never promised, but with catchup. */
function checkEdited({ found, history, ticks }: Sight, run: Made, { firstAt }: Span): void {
  const told = history.seen.filter((one) => one.dagId === run.dagId && one.afterTicks <= ticks);
  const since = told.findLast((one) => one.versionNo === run.versionNo && one.isRescheduled);
  const spec = history.versions.get(run.versionNo)?.spec;
  if (since === undefined || spec?.catchup || firstAt > since.at) return;
  // One that was there before an edit was taken back is not told from one that was never left.
  if (told.some((one) => one.versionNo > run.versionNo)) return;
  found.push({
    invariant: 'S18',
    text: `run ${run.runNo} of ${run.dagId} is for a slot before its schedule was edited`,
  });
}

type Made = Extract<Action, { type: 'run.create' }>['run'];

function checkMade(sight: Sight, run: Made, span: Span | undefined, unpausedAt: number | undefined): void {
  const { found, replay, written } = sight;
  const { dagId, runNo } = run;
  if (span === undefined || span.dagId !== dagId) {
    found.push({ invariant: 'S2', text: `run ${runNo} of ${dagId} has no slot` });
    return;
  }
  if (written.at < span.firstAt)
    found.push({ invariant: 'S3', text: `run ${runNo} of ${dagId} was made before its slot` });
  checkEdited(sight, run, span);
  const dag = replay.dags.get(dagId);
  const before = written.actions.find((one) => one.type === 'dag.change' && one.dagId === dagId) as
    | DagChange
    | undefined;
  const isUnpaused = before?.code === 'dag_unpaused' || before?.code === 'dag_seen';
  if (!isUnpaused && (dag?.paused || dag?.present === false))
    found.push({ invariant: 'S18', text: `run ${runNo} of ${dagId} was made while the DAG was silent` });
  const specs = specsInForce(sight, dagId);
  const catchesUp = specs.some((spec) => spec.catchup);
  if (unpausedAt !== undefined && !catchesUp && span.firstAt <= unpausedAt)
    found.push({ invariant: 'S18', text: `run ${runNo} of ${dagId} is for a slot of a pause` });
  if (specs.some((spec) => spec.overlap === 'cancel_running')) return;
  const busy = [...replay.runs.values()].filter(
    (other) =>
      other.record.dagId === dagId &&
      other.backfillNo === null &&
      !other.abort &&
      !isRunFinished(other.state) &&
      other.asideOf !== written.epoch,
  );
  const ending = written.actions.filter(
    (one) =>
      one.type === 'run.change' &&
      busy.some(({ record }) => record.runNo === one.runNo) &&
      (isRunFinished(one.to) || one.from === one.to),
  );
  const reopened = written.actions.some((one) => one.type === 'run.change' && one.code === 'retried');
  const most = Math.max(...specs.map((spec) => spec.maxActiveRuns ?? 16));
  if (!reopened && busy.length - ending.length >= most)
    found.push({
      invariant: 'S12',
      text: `run ${runNo} of ${dagId} was made beside ${busy.length} of ${most}`,
    });
}
