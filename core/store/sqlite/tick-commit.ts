import type { Action, BackfillChange, DagChange, InstanceChange, RunChange } from '../../model/action.ts';
import type { BackfillRecord } from '../../model/backfill.ts';
import { becauseNumber } from '../../model/because.ts';
import { AppError } from '../../model/errors.ts';
import { type ExpansionRecord, type RunRecord, TRIGGER_KINDS } from '../../model/run.ts';
import { DISPOSITIONS, type SlotSpan } from '../../model/slot.ts';
import { RUN_STATES } from '../../model/states.ts';
import { endsAttempt } from '../archive.ts';
import { backfillRow, backfillStateNumber } from '../backfills.ts';
import type { Fence } from '../fence.ts';
import { factsText, hasLine, journalLine } from '../journal-line.ts';
import { type Misses, newMisses, staleResult } from '../misses.ts';
import { goneText, itemsText, priorityNumber } from '../records.ts';
import { contradictoryDags } from '../slot-order.ts';
import type { CommitResult, Tick } from '../store.ts';
import { writeAsset } from './asset-writes.ts';
import { PASSING, SQLITE, type SqliteConnection, sqliteCode } from './connection.ts';
import { writeHook } from './hook-writes.ts';
import { writeResult } from './result-writes.ts';
import type { TickStatements } from './statements.ts';
import { tickDefect } from './tick-defect.ts';

/** Numbers that are given once and never again, as the lease row has them. */
export interface Marks {
  readonly seq: number;
  readonly runNo: number;
}

/** Writes ticks on one connection, each in one synchronous transaction that begins with the fence. */
export class TickCommit {
  readonly #connection: SqliteConnection;
  readonly #statements: TickStatements;
  readonly #fence: Fence;
  #marks: Marks;
  #nextSeq: number;

  constructor(connection: SqliteConnection, statements: TickStatements, fence: Fence, marks: Marks) {
    this.#connection = connection;
    this.#statements = statements;
    this.#fence = fence;
    this.#marks = marks;
    this.#nextSeq = marks.seq;
  }

  commit(tick: Tick): CommitResult {
    const { begin, commit } = this.#statements;
    const misses = newMisses(contradictoryDags(tick.actions));
    const contradiction = staleResult(misses);
    if (contradiction !== null) return contradiction;
    const after = this.#marksAfter(tick.actions);
    this.#nextSeq = this.#marks.seq;
    try {
      begin.run();
      let refused = this.#proveRight(tick, after);
      if (refused === null) {
        for (const action of tick.actions) {
          this.#write(action, tick.at, misses);
          // Rows of a run that is not there would break a constraint, which is no defect here.
          if (action.type === 'run.create' && misses.runs.has(action.run.runNo)) break;
        }
        refused = staleResult(misses);
      }
      if (refused !== null) {
        this.#rollback();
        return refused;
      }
      commit.run();
    } catch (error) {
      const result = this.#settle(tick, error);
      if (!result.ok) return result;
    }
    this.#marks = after;
    return { ok: true };
  }

  #marksAfter(actions: readonly Action[]): Marks {
    let { seq, runNo } = this.#marks;
    for (const action of actions) {
      if (hasLine(action)) seq += 1;
      if (action.type === 'run.create' && action.run.runNo > runNo) runNo = action.run.runNo;
    }
    return { seq, runNo };
  }

  /** Writing the lease row is the fence: whoever raised the epoch since then makes it miss. */
  #proveRight(tick: Tick, after: Marks): CommitResult | null {
    const { epoch, schemaNo } = this.#fence;
    const { changes } = this.#statements.fence.run(tick.no, after.seq, after.runNo, epoch, schemaNo, tick.no);
    if (changes === 1) return null;
    const lease = this.#statements.lease.get();
    if (lease?.['epoch'] !== epoch || lease['schema_no'] !== schemaNo) return { ok: false, why: 'fenced' };
    throw new AppError('internal', `tick ${tick.no} was committed after tick ${String(lease['tick'])}`);
  }

  /** After an error: undoes what is left, and finds out whether the tick is there in spite of it. */
  #settle(tick: Tick, error: unknown): CommitResult {
    this.#rollback();
    const code = sqliteCode(error);
    if (code === null || code === SQLITE.constraint) throw tickDefect(tick, error);
    if (code === SQLITE.ioError || code === SQLITE.full) {
      const lease = this.#readLease();
      if (lease === tick.no) return { ok: true };
    }
    if (PASSING.includes(code)) return { ok: false, why: 'retry', error: error as Error };
    throw error;
  }

  #readLease(): unknown {
    try {
      return this.#statements.lease.get()?.['tick'];
    } catch {
      return undefined;
    }
  }

  #rollback(): void {
    if (this.#connection.database.isTransaction) this.#statements.rollback.run();
  }

  #write(action: Action, at: number, misses: Misses): void {
    switch (action.type) {
      case 'instance':
        this.#writeInstance(action, at, misses);
        return;
      case 'run.create':
        if (!this.#createRun(action.run)) misses.runs.add(action.run.runNo);
        break;
      case 'run.change':
        if (!this.#changeRun(action)) misses.runs.add(action.runNo);
        break;
      case 'expand': {
        const { runNo, base, fanOut, parentBase, keys } = action.expansion;
        const { changes } = this.#statements.insertExpansion.run(
          runNo,
          base,
          fanOut,
          parentBase,
          JSON.stringify(keys),
          itemsText(action.expansion),
          goneText(action.expansion),
        );
        if (changes !== 1) misses.runs.add(runNo);
        break;
      }
      case 'reexpand':
        if (!this.#reexpand(action.expansion)) misses.runs.add(action.expansion.runNo);
        return;
      case 'answer': {
        const { changes } = this.#statements.answer.run(JSON.stringify(action.answer), at, action.inboxId);
        if (changes !== 1) misses.requests.add(action.inboxId);
        return;
      }
      case 'dag.change':
        if (!this.#changeDag(action)) misses.dags.add(action.dagId);
        if (action.code === null) return;
        break;
      case 'backfill.create':
        if (!this.#createBackfill(action.backfill)) misses.dags.add(action.backfill.dagId);
        break;
      case 'backfill.change':
        if (!this.#changeBackfill(action)) misses.dags.add(action.backfill.dagId);
        if (action.code === null) return;
        break;
      case 'slots':
        if (!this.#insertSpan(action.span)) misses.dags.add(action.span.dagId);
        return;
      case 'asset.event':
      case 'asset.take':
      case 'file.take':
        writeAsset(this.#statements, action, misses);
        if (!hasLine(action)) return;
        break;
      case 'hook':
      case 'deadline':
        writeHook(this.#statements, action, misses);
        if (!hasLine(action)) return;
        break;
      case 'note':
        break;
      default:
        writeResult(this.#statements, action, misses);
        return;
    }
    this.#writeLine(action, at);
  }

  #writeInstance(change: InstanceChange, at: number, misses: Misses): void {
    const { insertInstance, updateInstance, keepAttempt, insertLine } = this.#statements;
    const { runNo, nodeNo, from, fromTry, to, tryNo, tryBase, lost, reason, because, facts, log } = change;
    const { queuedAt, startedAt, endedAt, dueAt, error } = change;
    const segment = log === null ? null : log.segment;
    const offset = log === null ? null : log.offset;
    const length = log === null ? null : log.length;
    if (!change.fresh && endsAttempt(change)) keepAttempt.run(runNo, nodeNo, from, fromTry);
    // biome-ignore format: one parameter list
    const { changes } = change.fresh
      ? insertInstance.run(to, tryNo, tryBase, lost, reason, because, facts, queuedAt, startedAt, endedAt,
          dueAt, error, segment, offset, length, runNo, nodeNo)
      : updateInstance.run(to, tryNo, tryBase, lost, reason, because, facts, queuedAt, startedAt, endedAt,
          dueAt, error, segment, offset, length, runNo, nodeNo, from, fromTry);
    if (changes !== 1) misses.runs.add(runNo);
    this.#nextSeq += 1;
    insertLine.run(this.#nextSeq, at, this.#fence.epoch, runNo, nodeNo, tryNo, from, to, because, facts);
  }

  #writeLine(action: Action, at: number): void {
    const line = journalLine(action);
    if (line === null) throw new Error(`action ${action.type} has no line in the journal`);
    this.#nextSeq += 1;
    const { runNo, nodeNo, tryNo, from, to, because, facts } = line;
    this.#statements.insertLine.run(
      this.#nextSeq,
      at,
      this.#fence.epoch,
      runNo,
      nodeNo,
      tryNo,
      from,
      to,
      because,
      facts,
    );
  }

  #reexpand(expansion: ExpansionRecord): boolean {
    const { runNo, base } = expansion;
    const { changes } = this.#statements.changeExpansion.run(
      itemsText(expansion),
      goneText(expansion),
      runNo,
      base,
    );
    return changes === 1;
  }

  #createRun(run: RunRecord): boolean {
    const { changes } = this.#statements.insertRun.run(
      run.runNo,
      run.uid,
      run.dagId,
      run.versionNo,
      RUN_STATES.indexOf(run.state),
      TRIGGER_KINDS.indexOf(run.trigger),
      JSON.stringify(run.params),
      JSON.stringify(run.scope),
      run.maxParallel,
      run.inputsFrom,
      run.logicalAt,
      run.intervalStartAt,
      run.intervalEndAt,
      run.createdAt,
      run.startedAt,
      run.endedAt,
      run.because === null ? 0 : becauseNumber(run.because.code),
      factsText(run.because),
      run.backfillNo ?? null,
      run.cause === undefined ? null : JSON.stringify(run.cause),
      run.noCache ? 1 : 0,
      priorityNumber(run.priority),
      run.taskName ?? null,
      run.createdBy ?? null,
    );
    return changes === 1;
  }

  #changeDag({ dagId, fromCursorAt, state, versionNo }: DagChange): boolean {
    const { paused, present, sinceAt, cursorAt } = state;
    const { changes } = this.#statements.changeDag.run(
      paused ? 1 : 0,
      present ? 1 : 0,
      sinceAt,
      cursorAt,
      versionNo ?? null,
      dagId,
      fromCursorAt,
    );
    return changes === 1;
  }

  #createBackfill(backfill: BackfillRecord): boolean {
    const row = Object.values(backfillRow(backfill)) as (string | number | null)[];
    return this.#statements.insertBackfill.run(...row).changes === 1;
  }

  #changeBackfill({ from, backfill }: BackfillChange): boolean {
    const { changes } = this.#statements.changeBackfill.run(
      backfillStateNumber(backfill.state),
      backfill.cursorAt,
      backfill.decided,
      backfill.spared,
      backfill.endedAt,
      backfill.backfillNo,
      backfillStateNumber(from.state),
      from.cursorAt,
    );
    return changes === 1;
  }

  #insertSpan(span: SlotSpan): boolean {
    const { dagId, firstAt, lastAt, disposition, runNo, decidedAt, because } = span;
    const { changes } = this.#statements.insertSpan.run(
      dagId,
      firstAt,
      lastAt,
      DISPOSITIONS.indexOf(disposition),
      runNo,
      decidedAt,
      becauseNumber(because.code),
      factsText(because),
      dagId,
      firstAt,
    );
    return changes === 1;
  }

  #changeRun(change: RunChange): boolean {
    const { startedAt, endedAt, counts, maxParallel, repin } = change;
    const repinned = repin === undefined ? 0 : 1;
    const { changes } = this.#statements.updateRun.run(
      RUN_STATES.indexOf(change.to),
      becauseNumber(change.code),
      change.facts === null ? null : JSON.stringify(change.facts),
      startedAt === undefined ? 0 : 1,
      startedAt ?? null,
      endedAt === undefined ? 0 : 1,
      endedAt ?? null,
      counts === undefined ? 0 : 1,
      counts === undefined ? null : JSON.stringify(counts),
      maxParallel === undefined ? 0 : 1,
      maxParallel ?? null,
      repinned,
      repin?.to ?? null,
      repinned,
      repin === undefined ? null : JSON.stringify(repin.params),
      change.backfillNo ?? null,
      priorityNumber(change.priority),
      change.runNo,
      RUN_STATES.indexOf(change.from),
      repinned,
      repin?.from ?? null,
    );
    return changes === 1;
  }
}
