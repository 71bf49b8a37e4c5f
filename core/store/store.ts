import type { Action, Answer, StoredOutput } from '../model/action.ts';
import type { AssetEvent } from '../model/asset.ts';
import type { ArtifactRef } from '../model/attempt.ts';
import type { BackfillRecord } from '../model/backfill.ts';
import type { Because } from '../model/because.ts';
import type { CacheAsk, CacheEntry } from '../model/cache.ts';
import type { DagSpec } from '../model/dag.ts';
import type { Diagnostic } from '../model/errors.ts';
import type { HookRecord } from '../model/hook.ts';
import type { NodeNo, RunNo, TryNo, VersionNo } from '../model/ids.ts';
import type { Request } from '../model/request.ts';
import type { AttemptRecord, ExpansionRecord, InstanceRecord, RunRecord } from '../model/run.ts';
import type { ScheduleState, SlotSpan } from '../model/slot.ts';
import type { RunState } from '../model/states.ts';
import type { Violation } from '../model/violation.ts';
import type { Repair } from '../planner/repair.ts';
import type { Accounts } from './accounts.ts';
import type { Alerts } from './alerts.ts';
import type { AssetEventFilter, AssetRecord, DecidedFile } from './assets.ts';
import type { AuditLog } from './audit-log.ts';
import type { BackfillFilter, BackfillRuns } from './backfills.ts';
import type { CachePolicy } from './cache.ts';
import type { DeclaredFilter, DeclaredRecord } from './dag-reads.ts';
import type { LeaderRecord } from './holder-record.ts';
import type { RunTold } from './hooks.ts';
import type { KeptReplies } from './kept-replies.ts';
import type { LiveReads } from './live-reads.ts';
import type { Operations } from './operations.ts';
import type { Overview } from './overview.ts';
import type { PastScope } from './past-runs.ts';
import type { PinPlan, PinRecord } from './pins.ts';
import type { RepairOrder } from './repair.ts';
import type { RunSnapshot } from './run-snapshot.ts';
import type { SealedRows } from './sealed-rows.ts';
import type { TaskReads } from './task-reads.ts';
import type { NewVersion, SavedVersion } from './versions.ts';

export type { RunSnapshot } from './run-snapshot.ts';

/** The right to decide, held by one process at a time; every commit of a tick proves it. */
export interface Lease {
  /** Grows with every change of leader; part of the fence of every write. */
  readonly epoch: number;
  /** Resolves when the right is known to be lost. */
  readonly lost: Promise<void>;
  /**
   * For so long what the leader before has started may live on where this process cannot see it, in ms;
   * 0 where it can.
   */
  readonly heldOverMs: number;
  /**
   * Calls a listener, now and again and again, with how long what is started under this lease may live on, in
   * ms. Never where a lead knows no clock.
   */
  hold(listener: (ms: number) => void): void;
  /** Says to whoever asks for the leader that this one gets on: costs no write of the database. */
  beat(): void;
  release(): Promise<void>;
}

/** The actions of one tick: written all or not at all. */
export interface Tick {
  /** Grows by one with every commit. */
  readonly no: number;
  /** Wall time of the tick. */
  readonly at: number;
  readonly actions: readonly Action[];
}

export type CommitResult =
  | { readonly ok: true }
  /** Another process leads, or the schema changed: stop deciding. */
  | { readonly ok: false; readonly why: 'fenced' }
  /** Rows were not as expected: memory about these runs, requests and DAGs is stale; nothing was written. */
  | {
      readonly ok: false;
      readonly why: 'stale';
      readonly runs: readonly RunNo[];
      readonly requests: readonly number[];
      readonly dags: readonly string[];
    }
  /** The database is busy or away: nothing was written, try again. */
  | { readonly ok: false; readonly why: 'retry'; readonly error: Error };

/** A version of a DAG: the graph and the code that belongs to it, immutable. */
export interface VersionRecord {
  readonly versionNo: VersionNo;
  readonly dagId: string;
  readonly graphHash: string;
  readonly codeHash: string;
  /** The declaring file, relative to the project. */
  readonly file: string;
  readonly spec: DagSpec;
  readonly createdAt: number;
}

export interface DagRecord extends ScheduleState {
  readonly dagId: string;
  readonly file: string;
  /** The version of its new runs, and what tells it from others. */
  readonly versionNo: VersionNo;
  readonly graphHash: string;
  readonly codeHash: string;
  readonly versionAt: number;
  /** The version by whose schedule its slots were decided last; `null` before the first. */
  readonly decidedNo: VersionNo | null;
  /** Up to which number events of assets are decided for it. */
  readonly eventNo: number;
}

/** A DAG file that cannot be loaded, and why. */
export interface BrokenFileRecord {
  /** Relative to the project. */
  readonly file: string;
  readonly at: number;
  readonly diagnostics: readonly Diagnostic[];
}

export interface SlotFilter {
  readonly dagId: string;
  /** Newest first, at most this many; 100 by default. */
  readonly limit?: number;
  /** Only spans that begin before this instant. */
  readonly before?: number;
}

export interface InboxRecord {
  readonly inboxId: number;
  readonly request: Request;
  readonly createdAt: number;
}

/** One line of the journal: what changed, when, and because of what. */
export interface JournalRecord {
  readonly seq: number;
  readonly at: number;
  readonly epoch: number;
  readonly runNo: RunNo | null;
  readonly nodeNo: NodeNo | null;
  readonly tryNo: TryNo | null;
  /** Names of states (of a task instance, or of a run when `nodeNo` is null); equal for a note. */
  readonly from: string;
  readonly to: string;
  readonly because: Because;
}

export interface MetricRecord {
  readonly nodeNo: NodeNo;
  readonly tryNo: TryNo;
  readonly name: string;
  readonly value: number;
  readonly at: number;
}

export interface ProgressRecord {
  readonly nodeNo: NodeNo;
  readonly done: number;
  readonly total: number;
  readonly step: string | null;
}

export interface ArtifactRecord {
  readonly nodeNo: NodeNo;
  readonly tryNo: TryNo;
  readonly artifact: ArtifactRef;
}

/** Instances of a finished run by state. */
export interface RunCounts {
  readonly [state: string]: number;
}

/** A run that a leader set aside, and why. */
export interface SetAsideRecord {
  readonly run: RunRecord;
  readonly at: number;
  /** Of the leader that did it. */
  readonly epoch: number;
  readonly because: Because;
}

export interface JournalFilter {
  readonly runNo?: RunNo;
  /** Lines with a greater number only. */
  readonly afterSeq?: number;
  /** 1,000 by default. */
  readonly limit?: number;
}

/** Which finished runs of a DAG may go. */
export interface PurgePolicy {
  /** Only runs that ended before this instant. */
  readonly endedBefore: number;
  /** So many of the newest finished runs stay in any case. */
  readonly keep: number;
}

export interface RunFilter {
  readonly dagId?: string | readonly string[];
  readonly states?: readonly RunState[];
  /** Created at or after this instant. */
  readonly since?: number;
  /** Newest first, at most this many. */
  readonly limit?: number;
  /** Only runs with a smaller number. */
  readonly before?: RunNo;
}

/** What a process that listens to a store is woken for. A wake is a hint: the facts are in the store. */
export interface Wakes {
  /** There may be a request in the inbox. */
  asked(): void;
  /** A tick may have been written. */
  written(): void;
  /** A leader gave the lead back. */
  freed(): void;
}

/** An open ear of a process for what others do with the store. */
export interface Listening {
  /** Tells others, soon, that a tick was written; nothing where they notice by themselves. */
  tell(): void;
  close(): Promise<void>;
}

/**
 * The only door to the database. `commit` is synchronous on SQLite (it then returns the result itself) so
 * that a tick costs no turn of the event loop; await it in any case.
 */
export interface Store {
  readonly accounts: Accounts;
  readonly audit: AuditLog;
  readonly alerts: Alerts;
  readonly replies: KeptReplies;
  readonly variables: SealedRows;
  readonly connections: SealedRows;
  readonly overview: Overview;
  readonly tasks: TaskReads;
  readonly live: LiveReads;
  readonly operations: Operations;
  /**
   * Brings the schema up to date; only a leader may change it. A database that is newer than the code is
   * refused.
   */
  migrate(): Promise<void>;
  /**
   * Takes the lead if nobody has it; `null` if somebody has. Brings the schema up to date and raises the
   * epoch.
   */
  tryLead(): Promise<Lease | null>;
  /** The process that took the lead last; `null` after it gave it back. It may have died since. */
  leader(): Promise<LeaderRecord | null>;
  /**
   * Writes a tick. Throws only for a defect: a value that the schema refuses, a tick number that does not
   * grow, a cursor that goes back or does not come to cover the slots of its tick. At most one commit may be
   * under way.
   */
  commit(lease: Lease, tick: Tick): CommitResult | Promise<CommitResult>;
  /**
   * Stores a version unless the same graph and code exist already, and makes it the one of its DAG, unless
   * that is pinned to another one: the version that its new runs have. Leader only.
   */
  saveVersion(lease: Lease, version: NewVersion): Promise<VersionNo>;
  /** The same for versions of different DAGs, in one transaction. */
  saveVersions(lease: Lease, versions: readonly NewVersion[]): Promise<readonly SavedVersion[]>;
  /** Has the new runs of a DAG use another version; the one that they have from now on. Leader only. */
  pinVersion(lease: Lease, plan: PinPlan): Promise<VersionNo>;
  /** DAGs whose new runs have another version than the one that their file declares. */
  pins(dagIds?: readonly string[]): Promise<readonly PinRecord[]>;
  /** The versions of a DAG, or those before one, newest first, at most so many. */
  versionsOf(dagId: string, limit: number, before?: VersionNo): Promise<readonly VersionRecord[]>;
  /** Notes a DAG file that cannot be loaded, or with `null` that it can be again. Leader only. */
  saveBrokenFile(lease: Lease, file: string, broken: Omit<BrokenFileRecord, 'file'> | null): Promise<void>;
  /** Writes how far a hook job has come. Leader only. */
  saveHook(lease: Lease, job: HookRecord): Promise<void>;

  /**
   * Deletes the oldest finished runs of a DAG with all that is stored of them, as many as one short
   * transaction may, and gives their numbers; empty when none is left. What an unfinished run takes its
   * inputs from stays, and so does the last success. Leader only.
   */
  purgeRuns(lease: Lease, dagId: string, policy: PurgePolicy): Promise<readonly RunNo[]>;
  /** Deletes a finished run; `false` if it is not (any more), or an unfinished one needs it. Leader only. */
  deleteRun(lease: Lease, runNo: RunNo): Promise<boolean>;
  /** Deletes requests that were answered before an instant, some at a time; how many. Leader only. */
  purgeRequests(lease: Lease, answeredBefore: number): Promise<number>;
  /** Deletes entries of the cache, some at a time; how many. Leader only. */
  purgeCache(lease: Lease, policy: CachePolicy): Promise<number>;
  /** Hashes of the files that outputs, artifacts and the cache are kept in. Reads all of them. */
  filesInUse(): Promise<ReadonlySet<string>>;

  /** The greatest run and tick numbers so far. */
  counters(): Promise<{ readonly runNo: RunNo; readonly tick: number; readonly epoch: number }>;
  unfinishedRuns(): Promise<readonly RunRecord[]>;
  /** `null` if there is no such run. Works for finished runs too (retry). */
  loadRun(runNo: RunNo): Promise<RunSnapshot | null>;

  dags(afterId?: string, limit?: number): Promise<readonly DagRecord[]>;
  /** DAGs, in the order of their ids, with the graphs of their versions. */
  declaredDags(which: DeclaredFilter): Promise<readonly DeclaredRecord[]>;
  pausedDags(): Promise<readonly string[]>;
  dag(dagId: string): Promise<DagRecord | null>;
  /** Why a DAG was paused last, with `since`; `null` if it never was. */
  dagPause(dagId: string): Promise<Because | null>;
  /** Files that could not be loaded when a scheduler last looked. */
  brokenFiles(): Promise<readonly BrokenFileRecord[]>;
  /** What became of the slots of a DAG, newest first. */
  slots(filter: SlotFilter): Promise<readonly SlotSpan[]>;
  /** Newest first. */
  backfills(filter: BackfillFilter): Promise<readonly BackfillRecord[]>;
  backfill(backfillNo: number): Promise<BackfillRecord | null>;
  /** Backfills that are unfinished, or have a run that is; oldest first. */
  openBackfills(): Promise<readonly BackfillRecord[]>;
  /** The runs of a backfill by their state. */
  backfillRuns(backfillNo: number): Promise<readonly BackfillRuns[]>;
  /** The runs of the slots of a DAG that are about instants between two, both included, in that order. */
  slotRuns(dagId: string, fromAt: number, toAt: number): Promise<readonly RunRecord[]>;
  /** The newest run of a slot of a DAG about an instant before another one; `null` if there is none. */
  runBefore(dagId: string, logicalAt: number): Promise<RunRecord | null>;
  /** The versions and scopes of all runs of slots of a DAG that are about an instant before another one. */
  scopesBefore(dagId: string, logicalAt: number): Promise<readonly PastScope[]>;
  /** The assets of which there was an event, by their URIs: all after one, or at most so many. */
  assets(afterUri?: string, limit?: number): Promise<readonly AssetRecord[]>;
  /** Events of some assets, oldest first. */
  assetEvents(filter: AssetEventFilter): Promise<readonly AssetEvent[]>;
  /** The number of the last event of an asset; 0 before the first. */
  lastEventNo(): Promise<number>;
  /** The files about which a DAG has decided, as they were then. */
  decidedFiles(dagId: string): Promise<readonly DecidedFile[]>;
  version(versionNo: VersionNo): Promise<VersionRecord | null>;
  versions(versionNos: readonly VersionNo[]): Promise<ReadonlyMap<VersionNo, VersionRecord>>;
  runs(filter: RunFilter): Promise<readonly RunRecord[]>;
  /**
   * By its id or a beginning of it of at least four characters; if there is none, by the last part of its id,
   * the 12 digits after the last dash, or a beginning of that. Several matches: all of them, at most ten.
   */
  runsByUid(uidPart: string): Promise<readonly RunRecord[]>;
  run(runNo: RunNo): Promise<RunRecord | null>;
  /** `RunChange.counts` as written when the runs ended; unfinished runs are absent. */
  runCounts(runNos: readonly RunNo[]): Promise<ReadonlyMap<RunNo, RunCounts>>;
  expansions(runNo: RunNo): Promise<readonly ExpansionRecord[]>;
  /** Instances that have a row, of these nodes or of all. */
  instances(runNo: RunNo, nodes?: readonly NodeNo[]): Promise<readonly InstanceRecord[]>;
  /**
   * Past attempts of an instance, oldest first. The current one is in its instance row; an attempt that
   * somebody retried by hand is a past one as soon as the instance is back in state `none`.
   */
  attempts(runNo: RunNo, nodeNo: NodeNo): Promise<readonly AttemptRecord[]>;
  /** Outputs of instances in state `success`, as their last attempt gave them; of these nodes or of all. */
  outputs(runNo: RunNo, nodes?: readonly NodeNo[]): Promise<ReadonlyMap<NodeNo, StoredOutput>>;
  /** Successes that stand for later ones, by their keys. */
  cacheEntries(keys: readonly string[]): Promise<ReadonlyMap<string, CacheEntry>>;
  /** The newest success in the cache of an instance of a DAG, whatever its key. */
  newestCacheEntry(dagId: string, instance: string): Promise<CacheEntry | null>;
  /** What was asked of the cache for the instances of a run. */
  cacheAsks(runNo: RunNo): Promise<ReadonlyMap<NodeNo, CacheAsk>>;
  metrics(runNo: RunNo): Promise<readonly MetricRecord[]>;
  artifacts(runNo: RunNo): Promise<readonly ArtifactRecord[]>;
  progress(runNo: RunNo): Promise<readonly ProgressRecord[]>;
  /** What has been told of a run so far. */
  told(runNo: RunNo): Promise<RunTold>;
  /** The hook jobs of a run, in the order in which they became due. */
  hooks(runNo: RunNo): Promise<readonly HookRecord[]>;
  /** The hook jobs of all runs that are not over, those due first first. */
  openHooks(): Promise<readonly HookRecord[]>;
  /** Unfinished runs that a leader set aside after an internal error and nobody has gone on with since. */
  setAsideRuns(): Promise<readonly SetAsideRecord[]>;
  /** Journal lines after `afterSeq`, oldest first. */
  journal(filter: JournalFilter): Promise<readonly JournalRecord[]>;

  /**
   * Puts a request into the inbox and gives its number; it is durable when this resolves. One whose key was
   * asked with before gives the number of that request; the key of a trigger is its `runUid`.
   */
  ask(request: Request, at: number, key?: string | null): Promise<number>;
  /** Requests without an answer, oldest first. */
  pendingRequests(): Promise<readonly InboxRecord[]>;
  /** `null` while there is none. */
  answer(inboxId: number): Promise<Answer | null>;

  /**
   * What is wrong with the stored data, by rule; empty when all is well. Of the rows that break a rule at
   * most `listed` are given, a few by default, and all are counted. Reads everything: for `doctor`.
   */
  checkIntegrity(listed?: number): Promise<readonly Violation[]>;
  /**
   * Repairs all rows that break a rule and can be repaired, or none of them, and gives what was done and what
   * is left. Each change is a line of the journal. Leader only, and instead of ticks: from then on none is
   * committed with this lease, which counts as fenced.
   */
  repair(lease: Lease, order: RepairOrder): Promise<Repair>;

  /**
   * Wakes this process when others did something, until that is closed. What does not come through is made
   * up for within 5 s.
   */
  listen(wakes: Wakes): Listening;

  close(): Promise<void>;
}
