import type {
  Action,
  Answer,
  AssetTake,
  BackfillChange,
  DagChange,
  DeadlineChange,
  FileTake,
  InstanceChange,
  RunChange,
  StoredOutput,
} from '../../model/action.ts';
import type { AssetEvent } from '../../model/asset.ts';
import type { ArtifactRef } from '../../model/attempt.ts';
import type { BackfillRecord } from '../../model/backfill.ts';
import { because } from '../../model/because.ts';
import type { CacheEntry } from '../../model/cache.ts';
import type { HookJob } from '../../model/hook.ts';
import type { RunNo, VersionNo } from '../../model/ids.ts';
import type { ExpansionRecord, RunRecord } from '../../model/run.ts';
import type { SlotSpan } from '../../model/slot.ts';
import { endsAttempt } from '../archive.ts';
import { hasLine, type JournalLine, journalLine } from '../journal-line.ts';
import { type Misses, newMisses } from '../misses.ts';
import { contradictoryDags } from '../slot-order.ts';
import type { RunCounts } from '../store.ts';

/** The place of a value in one run. */
interface Place {
  readonly runNo: number;
  readonly nodeNo: number;
  readonly tryNo: number;
}

/** Everything that a tick does to one instance row: what must be there, and what is there in the end. */
interface FoldedInstance {
  readonly first: InstanceChange;
  last: InstanceChange;
  /** The attempt that was kept last, so that it is not kept again from its row of state `none`. */
  keptTry: number;
}

/** A new run, and its instances by state if it ends at once. */
export interface CreatedRun {
  readonly run: RunRecord;
  readonly counts: RunCounts | null;
}

/** A tick as sets of rows: one statement may touch every row only once. */
export interface FoldedTick {
  readonly runs: readonly CreatedRun[];
  readonly runChanges: readonly RunChange[];
  readonly fresh: readonly InstanceChange[];
  /** `first` says what must be there, `last` the new row. */
  readonly changes: readonly { readonly first: InstanceChange; readonly last: InstanceChange }[];
  /** Stored attempts to copy to the past ones before the change. */
  readonly keep: readonly InstanceChange[];
  /** Attempts that came and went within the tick. */
  readonly attempts: readonly InstanceChange[];
  readonly expansions: readonly ExpansionRecord[];
  /** Stored expansions with other items or gone keys. */
  readonly reexpansions: readonly ExpansionRecord[];
  readonly outputs: readonly (Place & { readonly output: StoredOutput })[];
  readonly metrics: readonly (Place & {
    readonly name: string;
    readonly value: number;
    readonly at: number;
  })[];
  readonly artifacts: readonly (Place & { readonly artifact: ArtifactRef })[];
  readonly progress: readonly Extract<Action, { type: 'progress' }>[];
  readonly waits: readonly Extract<Action, { type: 'wait' }>[];
  readonly checkpoints: readonly Extract<Action, { type: 'checkpoint' }>[];
  readonly asks: readonly Extract<Action, { type: 'cache.ask' }>[];
  readonly entries: readonly CacheEntry[];
  /** `fromCursorAt` is what must be there, `state` what is there in the end. */
  readonly dags: readonly DagChange[];
  readonly spans: readonly SlotSpan[];
  readonly events: readonly AssetEvent[];
  /** `from` is what must be there, `to` what is there in the end. */
  readonly eventTakes: readonly AssetTake[];
  readonly fileTakes: readonly FileTake[];
  readonly backfills: readonly BackfillRecord[];
  /** `from` is what must be there, `backfill` what is there in the end. */
  readonly backfillChanges: readonly BackfillChange[];
  readonly hooks: readonly HookJob[];
  readonly deadlines: readonly DeadlineChange[];
  readonly answers: readonly { readonly inboxId: number; readonly answer: Answer }[];
  readonly lines: readonly JournalLine[];
  /** Rows that contradict each other within the tick. */
  readonly misses: Misses;
}

/** Folds the actions of a tick, in their order, into one set of rows for each table. */
export function foldTick(actions: readonly Action[]): FoldedTick {
  const fold = new Fold(newMisses(contradictoryDags(actions)));
  for (const action of actions) fold.add(action);
  return fold.result();
}

class Fold {
  readonly #runs = new Map<number, CreatedRun>();
  readonly #runChanges = new Map<number, RunChange>();
  readonly #instances = new Map<number, Map<number, FoldedInstance>>();
  readonly #keep: InstanceChange[] = [];
  readonly #attempts: InstanceChange[] = [];
  readonly #expansions = new Map<string, ExpansionRecord>();
  readonly #reexpansions = new Map<string, ExpansionRecord>();
  readonly #outputs = new Map<string, Extract<Action, { type: 'output' }>>();
  readonly #metrics = new Map<string, Extract<Action, { type: 'metric' }>>();
  readonly #artifacts = new Map<string, Extract<Action, { type: 'artifact' }>>();
  readonly #progress = new Map<string, Extract<Action, { type: 'progress' }>>();
  readonly #waits = new Map<string, Extract<Action, { type: 'wait' }>>();
  readonly #checkpoints = new Map<string, Extract<Action, { type: 'checkpoint' }>>();
  readonly #asks = new Map<string, Extract<Action, { type: 'cache.ask' }>>();
  readonly #entries = new Map<string, CacheEntry>();
  readonly #dags = new Map<string, DagChange>();
  readonly #spans: SlotSpan[] = [];
  readonly #events: AssetEvent[] = [];
  readonly #eventTakes = new Map<string, AssetTake>();
  readonly #fileTakes = new Map<string, FileTake>();
  readonly #backfills = new Map<number, BackfillRecord>();
  readonly #backfillChanges = new Map<number, BackfillChange>();
  readonly #hooks = new Map<string, HookJob>();
  readonly #deadlines = new Map<string, DeadlineChange>();
  readonly #answers = new Map<number, Answer>();
  readonly #lines: JournalLine[] = [];
  readonly #misses: Misses;

  constructor(misses: Misses) {
    this.#misses = misses;
  }

  add(action: Action): void {
    if (hasLine(action)) this.#lines.push(journalLine(action) as JournalLine);
    switch (action.type) {
      case 'instance':
        return this.#addInstance(action);
      case 'run.create':
        return this.#addOnce(
          this.#runs,
          action.run.runNo,
          { run: action.run, counts: null },
          action.run.runNo,
        );
      case 'run.change':
        return this.#addRunChange(action);
      case 'expand': {
        const { runNo, base } = action.expansion;
        return this.#addOnce(this.#expansions, `${runNo}.${base}`, action.expansion, runNo);
      }
      case 'reexpand': {
        const { runNo, base } = action.expansion;
        const place = `${runNo}.${base}`;
        (this.#expansions.has(place) ? this.#expansions : this.#reexpansions).set(place, action.expansion);
        return;
      }
      case 'output':
        return this.#addOnce(this.#outputs, placeKey(action), action, action.runNo);
      case 'metric':
        if (Number.isFinite(action.value)) this.#metrics.set(`${placeKey(action)} ${action.name}`, action);
        return;
      case 'artifact':
        this.#artifacts.set(`${placeKey(action)} ${action.artifact.name}`, action);
        return;
      case 'progress':
        this.#progress.set(`${action.runNo}.${action.nodeNo}`, action);
        return;
      case 'wait':
        this.#waits.set(`${action.runNo}.${action.nodeNo}`, action);
        return;
      case 'checkpoint':
      case 'cache.ask':
      case 'cache.put':
        return this.#addCarried(action);
      case 'dag.change':
        return this.#addDagChange(action);
      case 'slots':
        this.#spans.push(action.span);
        return;
      case 'asset.event':
        this.#events.push(action.event);
        return;
      case 'asset.take':
        return this.#addEventTake(action);
      case 'file.take':
        this.#fileTakes.set(JSON.stringify([action.file.dagId, action.file.path]), action);
        return;
      case 'backfill.create':
        this.#backfills.set(action.backfill.backfillNo, action.backfill);
        return;
      case 'backfill.change':
        return this.#addBackfillChange(action);
      case 'hook':
      case 'deadline':
        return this.#addHook(action);
      case 'answer':
        if (this.#answers.has(action.inboxId)) this.#misses.requests.add(action.inboxId);
        this.#answers.set(action.inboxId, action.answer);
        return;
      case 'note':
    }
  }

  #addCarried(action: Extract<Action, { type: 'checkpoint' | 'cache.ask' | 'cache.put' }>): void {
    if (action.type === 'cache.put') this.#entries.set(action.entry.key, action.entry);
    else if (action.type === 'checkpoint') this.#checkpoints.set(`${action.runNo}.${action.nodeNo}`, action);
    else this.#asks.set(`${action.runNo}.${action.nodeNo}`, action);
  }

  #addHook(action: Extract<Action, { type: 'hook' | 'deadline' }>): void {
    if (action.type === 'deadline')
      return this.#addOnce(this.#deadlines, `${action.runNo}.${action.stage}`, action, action.runNo);
    const { runNo, hookNo } = action.job;
    this.#addOnce(this.#hooks, `${runNo}.${hookNo}`, action.job, runNo);
  }

  #addOnce<Key, Value>(map: Map<Key, Value>, key: Key, value: Value, runNo: RunNo): void {
    if (map.has(key)) this.#misses.runs.add(runNo);
    map.set(key, value);
  }

  #addInstance(change: InstanceChange): void {
    let ofRun = this.#instances.get(change.runNo);
    if (ofRun === undefined) {
      ofRun = new Map();
      this.#instances.set(change.runNo, ofRun);
    }
    const earlier = ofRun.get(change.nodeNo);
    const ends = !change.fresh && endsAttempt(change);
    if (earlier === undefined) {
      if (ends) this.#keep.push(change);
      ofRun.set(change.nodeNo, { first: change, last: change, keptTry: ends ? change.fromTry : 0 });
      return;
    }
    if (change.fresh || change.from !== earlier.last.to || change.fromTry !== earlier.last.tryNo) {
      this.#misses.runs.add(change.runNo);
    }
    if (ends && earlier.keptTry < change.fromTry) {
      this.#attempts.push(earlier.last);
      earlier.keptTry = change.fromTry;
    }
    earlier.last = change;
  }

  #addRunChange(change: RunChange): void {
    const created = this.#runs.get(change.runNo);
    if (created !== undefined) {
      const isAsExpected = created.run.state === change.from && isPinnedAs(created.run.versionNo, change);
      if (!isAsExpected) this.#misses.runs.add(change.runNo);
      const counts = change.counts ?? created.counts;
      this.#runs.set(change.runNo, { run: changedRun(created.run, change), counts });
      return;
    }
    const earlier = this.#runChanges.get(change.runNo);
    if (earlier === undefined) {
      this.#runChanges.set(change.runNo, change);
      return;
    }
    const isAsLeft = earlier.to === change.from && isPinnedAs(earlier.repin?.to, change);
    if (!isAsLeft) this.#misses.runs.add(change.runNo);
    const { repin = earlier.repin } = change;
    const repinned = repin && { repin: { ...repin, from: earlier.repin?.from ?? repin.from } };
    this.#runChanges.set(change.runNo, { ...earlier, ...change, from: earlier.from, ...repinned });
  }

  #addEventTake(take: AssetTake): void {
    const earlier = this.#eventTakes.get(take.dagId);
    if (earlier && earlier.to !== take.from) this.#misses.dags.add(take.dagId);
    this.#eventTakes.set(take.dagId, { ...take, from: earlier?.from ?? take.from });
  }

  #addDagChange(change: DagChange): void {
    const { fromCursorAt } = this.#dags.get(change.dagId) ?? change;
    this.#dags.set(change.dagId, { ...change, fromCursorAt });
  }

  #addBackfillChange(change: BackfillChange): void {
    const { backfillNo, dagId } = change.backfill;
    const created = this.#backfills.get(backfillNo);
    const earlier = this.#backfillChanges.get(backfillNo);
    const before = created ?? earlier?.backfill;
    const { state, cursorAt } = change.from;
    if (before && (before.state !== state || before.cursorAt !== cursorAt)) this.#misses.dags.add(dagId);
    if (created) this.#backfills.set(backfillNo, change.backfill);
    else this.#backfillChanges.set(backfillNo, { ...change, from: earlier?.from ?? change.from });
  }

  result(): FoldedTick {
    const fresh: InstanceChange[] = [];
    const changes: FoldedInstance[] = [];
    for (const ofRun of this.#instances.values()) {
      for (const folded of ofRun.values()) {
        if (folded.first.fresh) fresh.push(folded.last);
        else changes.push(folded);
      }
    }
    return {
      runs: [...this.#runs.values()],
      runChanges: [...this.#runChanges.values()],
      fresh,
      changes,
      keep: this.#keep,
      attempts: this.#attempts,
      expansions: [...this.#expansions.values()],
      reexpansions: [...this.#reexpansions.values()],
      outputs: [...this.#outputs.values()],
      metrics: [...this.#metrics.values()],
      artifacts: [...this.#artifacts.values()],
      progress: [...this.#progress.values()],
      waits: [...this.#waits.values()],
      checkpoints: [...this.#checkpoints.values()],
      asks: [...this.#asks.values()],
      entries: [...this.#entries.values()],
      dags: [...this.#dags.values()],
      spans: this.#spans,
      events: this.#events,
      eventTakes: [...this.#eventTakes.values()],
      fileTakes: [...this.#fileTakes.values()],
      backfills: [...this.#backfills.values()],
      backfillChanges: [...this.#backfillChanges.values()],
      hooks: [...this.#hooks.values()],
      deadlines: [...this.#deadlines.values()],
      answers: Array.from(this.#answers, ([inboxId, answer]) => ({ inboxId, answer })),
      lines: this.#lines,
      misses: this.#misses,
    };
  }
}

function placeKey(place: Place): string {
  return `${place.runNo}.${place.nodeNo}.${place.tryNo}`;
}

/** Whether a change finds the version that it expects, as far as the tick knows it. */
function isPinnedAs(versionNo: VersionNo | undefined, { repin }: RunChange): boolean {
  return versionNo === undefined || repin === undefined || repin.from === versionNo;
}

function changedRun(run: RunRecord, change: RunChange): RunRecord {
  return {
    ...run,
    state: change.to,
    because: because(change.code, change.facts ?? {}),
    startedAt: change.startedAt === undefined ? run.startedAt : change.startedAt,
    endedAt: change.endedAt === undefined ? run.endedAt : change.endedAt,
    maxParallel: change.maxParallel === undefined ? run.maxParallel : change.maxParallel,
    ...(change.backfillNo === undefined ? {} : { backfillNo: change.backfillNo }),
    ...(change.priority === undefined ? {} : { priority: change.priority }),
    versionNo: change.repin?.to ?? run.versionNo,
    params: change.repin?.params ?? run.params,
  };
}
