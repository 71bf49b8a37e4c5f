import type { Kysely } from 'kysely';
import type { DialectName } from '../../migrations/migration.ts';
import { becauseNumber } from '../model/because.ts';
import type { JsonText } from '../model/json.ts';
import { REASONS, RUN_STATES, type RunState, S, TASK_STATES, type TaskState } from '../model/states.ts';
import type { Rule, Violation } from '../model/violation.ts';
import { type Repair, type RepairStep, repairOf } from '../planner/repair.ts';
import { type Fence, fenceScript } from './fence.ts';
import { brokenRowsScript, isQueried, NO_PLACE } from './integrity.ts';
import { NO_STATE } from './journal-line.ts';
import { OF_NODE } from './purge.ts';
import { rowsOf, type Script } from './script.ts';
import { readText } from './stored-text.ts';
import type { Database, JournalTable } from './tables.ts';
import { mendScript, unreadableTexts } from './unreadable-texts.ts';

/** A rule that is to hold again. */
export interface RepairOrder {
  readonly rule: Rule;
  /** Who asks, for the journal. */
  readonly by: string;
  readonly at: number;
}

/** A step of one type. */
type Of<Type extends RepairStep['type']> = Extract<RepairStep, { readonly type: Type }>;

const OF_ROW = { attempt: 'task_attempt', output: 'task_output' } as const;

/**
 * Repairs the rows that break a rule. They are read and judged inside the transaction that changes them, so
 * that what was seen before the lead was taken decides nothing.
 */
export function* repairScript(
  db: Kysely<Database>,
  dialect: DialectName,
  fence: Fence,
  order: RepairOrder,
): Script<Repair> {
  yield* fenceScript(db, fence);
  const violation = yield* violationScript(db, dialect, order.rule);
  if (violation === null) return { steps: [], left: [] };
  const repair = repairOf(violation);
  for (const step of repair.steps) {
    const { dagId, runUid } = step.place;
    const dag = dagId === null || runUid !== null ? {} : { dag: dagId };
    const facts = JSON.stringify({ ...dag, by: order.by, rule: order.rule, what: step.what });
    const scribe = new Scribe(db, fence.epoch, order.at, facts);
    switch (step.type) {
      case 'raise':
        yield* raiseScript(db, step);
        yield* scribe.note(step);
        break;
      case 'remove':
        yield* removeScript(db, step);
        yield* scribe.note(step);
        break;
      case 'move':
        yield db
          .updateTable('dag')
          .set({ cursor_at: step.toAt })
          .where('dag_id', '=', step.place.dagId ?? '');
        yield* scribe.note(step);
        break;
      case 'mend':
        yield* mendScript(db, step.text, step.mend);
        yield* scribe.note(step);
        break;
      case 'tell':
        yield* tellScript(scribe, step);
        break;
      case 'cancel':
        yield* cancelScript(db, order.at, facts, step);
        yield* tellScript(scribe, { ...step, type: 'tell', way: ['cancelled'] });
    }
  }
  return repair;
}

function* violationScript(db: Kysely<Database>, dialect: DialectName, rule: Rule): Script<Violation | null> {
  if (rule === 'unreadable_text') {
    const rows = yield* unreadableTexts(db, dialect);
    return { rule, count: rows.length, rows };
  }
  return isQueried(rule) ? yield* brokenRowsScript(db, rule) : null;
}

function* raiseScript(db: Kysely<Database>, { counter, to }: Of<'raise'>): Script<void> {
  yield db
    .updateTable('lease')
    .set(counter === 'run' ? { run_no: to } : { seq: to })
    .where('id', '=', 1);
}

function* removeScript(db: Kysely<Database>, { row, place }: Of<'remove'>): Script<void> {
  if (row === 'slots') {
    const { dagId, slotAt } = place;
    yield db
      .deleteFrom('slot_span')
      .where('dag_id', '=', dagId ?? '')
      .where('first_at', '=', slotAt ?? 0);
    return;
  }
  const runNo = place.runNo ?? -1;
  const nodeNo = place.nodeNo ?? -1;
  if (row === 'instance') {
    for (const table of OF_NODE)
      yield db.deleteFrom(table).where('run_no', '=', runNo).where('node_no', '=', nodeNo);
    return;
  }
  yield db
    .deleteFrom(OF_ROW[row])
    .where('run_no', '=', runNo)
    .where('node_no', '=', nodeNo)
    .where('try_no', '=', place.tryNo ?? -1);
}

/** An instance of a run that is over ended when the run did, at the latest. */
function* cancelScript(
  db: Kysely<Database>,
  at: number,
  facts: JsonText,
  { place, from }: Of<'cancel'>,
): Script<void> {
  const [run] = yield* rowsOf(
    db.selectFrom('dag_run').select(['ended_at', 'counts']).where('run_no', '=', place.runNo),
  );
  yield db
    .updateTable('task_instance')
    .set({
      state: S.cancelled,
      reason: REASONS.indexOf('user') + 1,
      because: becauseNumber('repaired'),
      facts,
      ended_at: run?.ended_at ?? at,
      due_at: null,
    })
    .where('run_no', '=', place.runNo)
    .where('node_no', '=', place.nodeNo);
  const counts = countsAfter(run?.counts ?? null, from);
  if (counts !== null) yield db.updateTable('dag_run').set({ counts }).where('run_no', '=', place.runNo);
}

/** Counts of a run in which one instance was cancelled; `null` if they stay, as they never had it. */
function countsAfter(text: JsonText | null, from: TaskState): JsonText | null {
  const counts = readText<{ [state: string]: number }>('dag_run.counts', text ?? '{}');
  const before = counts[from] ?? 0;
  if (before === 0) return null;
  const { [from]: _one, ...others } = counts;
  const left = before === 1 ? others : { ...others, [from]: before - 1 };
  return JSON.stringify({ ...left, cancelled: (left['cancelled'] ?? 0) + 1 });
}

function* tellScript(scribe: Scribe, { place, from, way, attempt }: Of<'tell'>): Script<void> {
  const names: readonly (TaskState | RunState)[] = place.nodeNo === null ? RUN_STATES : TASK_STATES;
  let before = from;
  for (const state of way) {
    yield* scribe.line({
      run_no: place.runNo,
      node_no: place.nodeNo,
      try_no: attempt,
      from_state: names.indexOf(before),
      to_state: names.indexOf(state),
    });
    before = state;
  }
}

/** Writes the lines of one step into the journal. */
class Scribe {
  readonly #db: Kysely<Database>;
  readonly #rest: Pick<JournalTable, 'at' | 'epoch' | 'because' | 'facts'>;

  constructor(db: Kysely<Database>, epoch: number, at: number, facts: JsonText) {
    this.#db = db;
    this.#rest = { at, epoch, because: becauseNumber('repaired'), facts };
  }

  /** A line that changes no state, of the run if it is there. */
  *note({ place }: RepairStep): Script<void> {
    const { runNo, nodeNo, tryNo } = place.runUid === null ? NO_PLACE : place;
    yield* this.line({
      run_no: runNo,
      node_no: nodeNo,
      try_no: tryNo,
      from_state: NO_STATE,
      to_state: NO_STATE,
    });
  }

  *line(about: Omit<JournalTable, 'seq' | 'at' | 'epoch' | 'because' | 'facts'>): Script<void> {
    const [lease] = yield* rowsOf(
      this.#db
        .updateTable('lease')
        .set((row) => ({ seq: row('seq', '+', 1) }))
        .where('id', '=', 1)
        .returning('seq'),
    );
    yield this.#db.insertInto('journal').values({ seq: lease?.seq ?? 0, ...about, ...this.#rest });
  }
}
