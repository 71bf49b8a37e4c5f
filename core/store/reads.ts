import { type Kysely, sql } from 'kysely';
import type { DialectName } from '../../migrations/migration.ts';
import type { StoredOutput } from '../model/action.ts';
import type { BackfillRecord } from '../model/backfill.ts';
import { type Because, becauseNumber } from '../model/because.ts';
import type { NodeNo, RunNo, TryNo, VersionNo } from '../model/ids.ts';
import type { AttemptRecord, ExpansionRecord, InstanceRecord, RunRecord } from '../model/run.ts';
import type { SlotSpan } from '../model/slot.ts';
import { RUN_STATES, S } from '../model/states.ts';
import {
  type BackfillFilter,
  type BackfillRuns,
  readBackfill,
  readBackfillRuns,
  readBackfills,
  readOpenBackfills,
  readSlotRuns,
} from './backfills.ts';
import { CarriedReads } from './carried-reads.ts';
import { readDag, readDagPause, readDags } from './dag-reads.ts';
import { type PastScope, readRunBefore, readScopesBefore } from './past-runs.ts';
import { filesInUse } from './purge.ts';
import {
  becauseOf,
  toAttempt,
  toBrokenFile,
  toExpansion,
  toInstance,
  toOutput,
  toRun,
  toSpan,
  toVersion,
} from './records.ts';
import { readRuns } from './run-lists.ts';
import type {
  ArtifactRecord,
  BrokenFileRecord,
  DagRecord,
  MetricRecord,
  ProgressRecord,
  RunCounts,
  RunFilter,
  RunSnapshot,
  SetAsideRecord,
  SlotFilter,
  VersionRecord,
} from './store.ts';
import { readText } from './stored-text.ts';
import type { Database } from './tables.ts';

/** Run states below this code are unfinished; a literal in SQL, so that the partial index is used. */
const FIRST_FINISHED_RUN = RUN_STATES.indexOf('success');
/** Characters of a run id that must be given at least. */
const UID_PART_MIN = 4;
const UID_MATCHES_MAX = 10;
/** The last part of a run id, or the beginning of it. */
const LAST_PART = /^[0-9a-f]{1,12}$/i;
const SLOTS_DEFAULT = 100;
/** Versions never change, so the last ones read are kept parsed: those of a page of DAGs and more. */
const VERSIONS_KEPT = 100;

/** What the store can tell, the same on both databases. Every query finds its rows by an index. */
export class Reads extends CarriedReads {
  readonly #db: Kysely<Database>;
  readonly #versions = new Map<number, VersionRecord>();

  readonly #dialect: DialectName;

  constructor(db: Kysely<Database>, dialect: DialectName) {
    super(db, dialect);
    this.#db = db;
    this.#dialect = dialect;
  }

  filesInUse(): Promise<ReadonlySet<string>> {
    return filesInUse(this.#db);
  }

  async counters(): Promise<{ readonly runNo: RunNo; readonly tick: number; readonly epoch: number }> {
    const row = await this.#db
      .selectFrom('lease')
      .select(['run_no', 'tick', 'epoch'])
      .where('id', '=', 1)
      .executeTakeFirstOrThrow();
    return { runNo: row.run_no as RunNo, tick: row.tick, epoch: row.epoch };
  }

  async unfinishedRuns(): Promise<readonly RunRecord[]> {
    return (await unfinishedRunsQuery(this.#db).execute()).map(toRun);
  }

  /** The run with everything that belongs to it, as of one moment. */
  loadRun(runNo: RunNo): Promise<RunSnapshot | null> {
    const snapshot = this.#db.transaction().setAccessMode('read only').setIsolationLevel('repeatable read');
    return snapshot.execute(async (transaction) => {
      const reads = new Reads(transaction, this.#dialect);
      const run = await reads.run(runNo);
      if (run === null) return null;
      const version = this.#versions.get(run.versionNo) ?? (await reads.version(run.versionNo));
      if (version === null)
        throw new Error(`run ${runNo} names version ${run.versionNo}, which does not exist`);
      this.#keep(version);
      return {
        run,
        version,
        expansions: await reads.expansions(runNo),
        instances: await reads.instances(runNo),
        waits: await reads.waits(runNo),
        checkpoints: await reads.checkpoints(runNo),
        asks: await reads.cacheAsks(runNo),
        told: await reads.told(runNo),
      };
    });
  }

  dags(afterId?: string, limit?: number): Promise<readonly DagRecord[]> {
    return readDags(this.#db, afterId, limit);
  }

  dag(dagId: string): Promise<DagRecord | null> {
    return readDag(this.#db, dagId);
  }

  dagPause(dagId: string): Promise<Because | null> {
    return readDagPause(this.#db, dagId);
  }

  /** What became of the slots of a DAG, newest first. */
  async slots({ dagId, limit = SLOTS_DEFAULT, before }: SlotFilter): Promise<readonly SlotSpan[]> {
    let query = this.#db.selectFrom('slot_span').selectAll().where('dag_id', '=', dagId);
    if (before !== undefined) query = query.where('first_at', '<', before);
    return (await query.orderBy('first_at', 'desc').limit(limit).execute()).map(toSpan);
  }

  async brokenFiles(): Promise<readonly BrokenFileRecord[]> {
    return (await this.#db.selectFrom('broken_file').selectAll().orderBy('file').execute()).map(toBrokenFile);
  }

  backfills(filter: BackfillFilter): Promise<readonly BackfillRecord[]> {
    return readBackfills(this.#db, this.#dialect, filter);
  }

  backfill(backfillNo: number): Promise<BackfillRecord | null> {
    return readBackfill(this.#db, backfillNo);
  }

  openBackfills(): Promise<readonly BackfillRecord[]> {
    return readOpenBackfills(this.#db);
  }

  backfillRuns(backfillNo: number): Promise<readonly BackfillRuns[]> {
    return readBackfillRuns(this.#db, backfillNo);
  }

  slotRuns(dagId: string, fromAt: number, toAt: number): Promise<readonly RunRecord[]> {
    return readSlotRuns(this.#db, dagId, fromAt, toAt);
  }

  runBefore(dagId: string, logicalAt: number): Promise<RunRecord | null> {
    return readRunBefore(this.#db, dagId, logicalAt);
  }

  scopesBefore(dagId: string, logicalAt: number): Promise<readonly PastScope[]> {
    return readScopesBefore(this.#db, dagId, logicalAt);
  }

  async version(versionNo: VersionNo): Promise<VersionRecord | null> {
    return (await this.versions([versionNo])).get(versionNo) ?? null;
  }

  async versions(versionNos: readonly VersionNo[]): Promise<ReadonlyMap<VersionNo, VersionRecord>> {
    const found = new Map<VersionNo, VersionRecord>();
    const missing = new Set<VersionNo>();
    for (const versionNo of versionNos) {
      const known = this.#versions.get(versionNo);
      if (known === undefined) missing.add(versionNo);
      else found.set(versionNo, known);
    }
    if (missing.size === 0) return found;
    const rows = await this.#db
      .selectFrom('dag_version')
      .selectAll()
      .where('version_no', 'in', [...missing])
      .execute();
    for (const version of rows.map(toVersion)) {
      found.set(version.versionNo, version);
      this.#keep(version);
    }
    return found;
  }

  runs(filter: RunFilter): Promise<readonly RunRecord[]> {
    return readRuns(this.#db, this.#dialect, filter);
  }

  async runsByUid(uidPart: string): Promise<readonly RunRecord[]> {
    if (uidPart.length < UID_PART_MIN) return [];
    const begun = await runsByUidQuery(this.#db, uidPart).execute();
    if (begun.length > 0 || !LAST_PART.test(uidPart)) return begun.map(toRun);
    return (await runsByLastPartQuery(this.#db, uidPart).execute()).map(toRun);
  }

  async run(runNo: RunNo): Promise<RunRecord | null> {
    const row = await this.#db
      .selectFrom('dag_run')
      .selectAll()
      .where('run_no', '=', runNo)
      .executeTakeFirst();
    return row === undefined ? null : toRun(row);
  }

  async runCounts(runNos: readonly RunNo[]): Promise<ReadonlyMap<RunNo, RunCounts>> {
    if (runNos.length === 0) return new Map();
    const some = this.#db.selectFrom('dag_run').select(['run_no', 'counts']).where('run_no', 'in', runNos);
    const rows = await some.where('counts', 'is not', null).execute();
    return new Map(
      rows.map((row) => [row.run_no as RunNo, readText<RunCounts>('dag_run.counts', row.counts ?? '{}')]),
    );
  }

  async expansions(runNo: RunNo): Promise<readonly ExpansionRecord[]> {
    const rows = await this.#db
      .selectFrom('run_expansion')
      .selectAll()
      .where('run_no', '=', runNo)
      .orderBy('base')
      .execute();
    return rows.map(toExpansion);
  }

  async instances(runNo: RunNo, nodes?: readonly NodeNo[]): Promise<readonly InstanceRecord[]> {
    if (nodes?.length === 0) return [];
    let query = instancesQuery(this.#db, runNo);
    if (nodes !== undefined) query = query.where('node_no', 'in', valuesOf(nodes));
    return (await query.execute()).map(toInstance);
  }

  async attempts(runNo: RunNo, nodeNo: NodeNo): Promise<readonly AttemptRecord[]> {
    const rows = await this.#db
      .selectFrom('task_attempt')
      .selectAll()
      .where('run_no', '=', runNo)
      .where('node_no', '=', nodeNo)
      .orderBy('try_no')
      .execute();
    return rows.map(toAttempt);
  }

  async outputs(runNo: RunNo, nodes?: readonly NodeNo[]): Promise<ReadonlyMap<NodeNo, StoredOutput>> {
    if (nodes?.length === 0) return new Map();
    // SQLite takes a cross join in the order in which it is written. Comparing with the key of an output it
    // reads all of it, long as it may be: outputs are gone through, instances are looked up.
    let query = this.#db
      .selectFrom('task_output')
      .crossJoin('task_instance')
      .whereRef('task_instance.run_no', '=', 'task_output.run_no')
      .whereRef('task_instance.node_no', '=', 'task_output.node_no')
      .whereRef('task_instance.try_no', '=', 'task_output.try_no')
      .select(['task_output.node_no', 'json', 'sha256', 'bytes'])
      .where('task_output.run_no', '=', runNo)
      .where('task_instance.state', '=', S.success);
    if (nodes !== undefined) query = query.where('task_output.node_no', 'in', valuesOf(nodes));
    const rows = await query.execute();
    return new Map(rows.map((row) => [row.node_no as NodeNo, toOutput(row)]));
  }

  async metrics(runNo: RunNo): Promise<readonly MetricRecord[]> {
    const rows = await this.#db
      .selectFrom('task_metric')
      .selectAll()
      .where('run_no', '=', runNo)
      .orderBy('node_no')
      .execute();
    return rows.map((row) => ({
      nodeNo: row.node_no as NodeNo,
      tryNo: row.try_no as TryNo,
      name: row.name,
      value: row.value,
      at: row.at,
    }));
  }

  async artifacts(runNo: RunNo): Promise<readonly ArtifactRecord[]> {
    const rows = await this.#db
      .selectFrom('artifact')
      .selectAll()
      .where('run_no', '=', runNo)
      .orderBy('node_no')
      .execute();
    return rows.map((row) => ({
      nodeNo: row.node_no as NodeNo,
      tryNo: row.try_no as TryNo,
      artifact: { name: row.name, bytes: row.bytes, mediaType: row.media_type, sha256: row.sha256 },
    }));
  }

  async progress(runNo: RunNo): Promise<readonly ProgressRecord[]> {
    const rows = await this.#db.selectFrom('task_progress').selectAll().where('run_no', '=', runNo).execute();
    return rows.map((row) => ({
      nodeNo: row.node_no as NodeNo,
      done: row.done,
      total: row.total,
      step: row.step,
    }));
  }

  async setAsideRuns(): Promise<readonly SetAsideRecord[]> {
    const rows = await setAsideQuery(this.#db).execute();
    return rows.map(({ line_at, line_epoch, line_because, line_facts, ...run }) => ({
      run: toRun(run),
      at: line_at,
      epoch: line_epoch,
      because: becauseOf(line_because, line_facts) as Because,
    }));
  }

  #keep(version: VersionRecord): void {
    this.#versions.delete(version.versionNo);
    this.#versions.set(version.versionNo, version);
    for (const oldest of this.#versions.keys()) {
      if (this.#versions.size <= VERSIONS_KEPT) return;
      this.#versions.delete(oldest);
    }
  }
}

/** A list as a value list of one text, however long: statements have a limit of parameters. */
function valuesOf(nodes: readonly NodeNo[]): ReturnType<typeof sql<number>> {
  return sql<number>`(${sql.raw(nodes.map((node) => String(Math.trunc(node))).join(','))})`;
}

/** The unfinished runs, oldest first, by their partial index. */
export function unfinishedRunsQuery(db: Kysely<Database>) {
  return db
    .selectFrom('dag_run')
    .selectAll()
    .where('state', '<', sql.lit(FIRST_FINISHED_RUN))
    .orderBy('run_no');
}

/** Unfinished runs whose last journal line says that they were set aside. */
export function setAsideQuery(db: Kysely<Database>) {
  return db
    .selectFrom('dag_run')
    .innerJoin('journal', 'journal.run_no', 'dag_run.run_no')
    .selectAll('dag_run')
    .select([
      'journal.at as line_at',
      'journal.epoch as line_epoch',
      'journal.because as line_because',
      'journal.facts as line_facts',
    ])
    .where('dag_run.state', '<', sql.lit(FIRST_FINISHED_RUN))
    .where('journal.because', '=', becauseNumber('quarantined'))
    .where((line) =>
      line(
        'journal.seq',
        '=',
        line
          .selectFrom('journal as last')
          .select('last.seq')
          .whereRef('last.run_no', '>=', 'dag_run.run_no')
          .whereRef('last.run_no', '<=', 'dag_run.run_no')
          .orderBy('last.run_no', 'desc')
          .orderBy('last.seq', 'desc')
          .limit(1),
      ),
    )
    .orderBy('dag_run.run_no');
}

/** Every instance row of a run, in the order of its nodes. */
export function instancesQuery(db: Kysely<Database>, runNo: RunNo) {
  return db.selectFrom('task_instance').selectAll().where('run_no', '=', runNo).orderBy('node_no');
}

/** Runs whose id begins with a text, newest first. Ids hold digits, `a` to `f` and dashes, all below `g`. */
export function runsByUidQuery(db: Kysely<Database>, uidPrefix: string) {
  const prefix = uidPrefix.toLowerCase();
  return db
    .selectFrom('dag_run')
    .selectAll()
    .where('uid', '>=', prefix)
    .where('uid', '<', `${prefix}g`)
    .orderBy('uid', 'desc')
    .limit(UID_MATCHES_MAX);
}

/** Runs the last part of whose id begins with a text, newest first: a look at all ids, in their index. */
export function runsByLastPartQuery(db: Kysely<Database>, part: string) {
  const lastPart = sql<string>`substr(uid, 25, ${part.length})`;
  const uids = db.selectFrom('dag_run').select('uid').where(lastPart, '=', part.toLowerCase());
  return db
    .selectFrom('dag_run')
    .selectAll()
    .where('uid', 'in', uids)
    .orderBy('uid', 'desc')
    .limit(UID_MATCHES_MAX);
}
