import { type Kysely, sql } from 'kysely';
import type { DialectName } from '../../migrations/migration.ts';
import type { Grant } from '../model/account.ts';
import type { ArtifactRef, LogRange } from '../model/attempt.ts';
import type { HookRecord } from '../model/hook.ts';
import type { NodeNo, RunNo, TryNo } from '../model/ids.ts';
import type { InstanceRecord, RunRecord } from '../model/run.ts';
import type { RunState } from '../model/states.ts';
import { readDagIds, readSizes, type Sizes } from './dag-reads.ts';
import { type ActiveRun, readActiveRuns, readInstancesOf, readOpenCount, readRunsOf } from './held-slots.ts';
import { readHook } from './hooks.ts';
import { KeptFrames, type KeyRow } from './kept-frames.ts';
import type { NodeRange } from './node-ranges.ts';
import {
  type CountedRange,
  countsQuery,
  type StateCount,
  statesQuery,
  type TookCount,
  tookQuery,
} from './range-counts.ts';
import { toInstance } from './records.ts';
import { readLastRuns, readLastStates } from './run-lists.ts';
import { type RunOutcome, readOutcomes } from './run-outcomes.ts';
import type { ArtifactRecord, MetricRecord, ProgressRecord, RunFilter } from './store.ts';
import type { Database } from './tables.ts';
import { readWaiting, type WaitingFilter, type WaitingInstance } from './waiting-answers.ts';

/** A row of an instance, and how far it says that it is; `null`: it does not say. */
export interface ShownInstance {
  readonly row: InstanceRecord;
  readonly progress: ProgressRecord | null;
}

/** Where something that an attempt has left stands among what its run has left. */
export interface ResultPlace {
  readonly nodeNo: number;
  readonly tryNo: number;
  readonly name: string;
}

/** The log of an attempt. */
export interface LogPlace {
  readonly nodeNo: NodeNo;
  readonly tryNo: TryNo;
  readonly range: LogRange;
}

interface LogRow {
  readonly node_no: number;
  readonly try_no: number;
  readonly log_segment: number;
  readonly log_offset: number;
  readonly log_length: number | null;
}

/** Ranges of one statement: its text has a limit. */
const RANGES_MAX = 5_000;

/** Reads over many runs or instances at once that take no more of each than is shown. */
export class Overview {
  readonly #db: Kysely<Database>;
  readonly #dialect: DialectName;
  /** Of the runs that were read last. */
  readonly frames = new KeptFrames();

  constructor(db: Kysely<Database>, dialect: DialectName) {
    this.#db = db;
    this.#dialect = dialect;
  }

  /** The newest run of each of some DAGs, by DAG; those that have none are absent. */
  lastRuns(dagIds: readonly string[]): Promise<ReadonlyMap<string, RunRecord>> {
    return readLastRuns(this.#db, this.#dialect, dagIds);
  }

  /** The states of so many of the newest runs of each of some DAGs, by DAG. */
  lastStates(dagIds: readonly string[], limit: number): Promise<ReadonlyMap<string, readonly RunState[]>> {
    return readLastStates(this.#db, this.#dialect, dagIds, limit);
  }

  /** What {@link readOutcomes} gives. */
  outcomes(filter: RunFilter): Promise<readonly RunOutcome[]> {
    return readOutcomes(this.#db, this.#dialect, filter);
  }

  /** The keys of the fan-outs of some runs, each run's in the order of its nodes. */
  async keys(runNos: readonly RunNo[]): Promise<ReadonlyMap<RunNo, readonly KeyRow[]>> {
    if (runNos.length === 0) return new Map();
    const rows = await this.#db
      .selectFrom('run_expansion')
      .select(['run_no', 'base', 'fan_out', 'parent_base', 'keys', 'gone'])
      .where('run_no', 'in', runNos)
      .orderBy('run_no')
      .orderBy('base')
      .execute();
    return Map.groupBy(rows, (row) => row.run_no as RunNo);
  }

  /** The states of the instances of a run that have a row, by node: of all, or of those in some states. */
  async states(runNo: RunNo, wanted?: readonly number[]): Promise<ReadonlyMap<number, number>> {
    const inStates = wanted === undefined ? sql`` : sql`and state in (${sql.join(wanted)})`;
    const { rows } = await sql<{ readonly state: number; readonly nodes: string }>`
      select state, string_agg(cast(node_no as text), ',') as nodes
      from task_instance where run_no = ${runNo} ${inStates} group by state`.execute(this.#db);
    const byNode = new Map<number, number>();
    for (const { state, nodes } of rows) for (const node of nodes.split(',')) byNode.set(Number(node), state);
    return byNode;
  }

  /** Some instances of a run that have a row, and how far they say that they are. */
  async instances(runNo: RunNo, nodes: readonly NodeNo[]): Promise<readonly ShownInstance[]> {
    if (nodes.length === 0) return [];
    // One parameter, so that the statement is the same for every page.
    const list = JSON.stringify(nodes);
    const inList =
      this.#dialect === 'sqlite'
        ? sql<boolean>`i.node_no in (select value from json_each(${list}))`
        : sql<boolean>`i.node_no = any(${`{${nodes.join()}}`}::int[])`;
    const rows = await this.#db
      .selectFrom('task_instance as i')
      .leftJoin('task_progress as p', (join) =>
        join.onRef('p.run_no', '=', 'i.run_no').onRef('p.node_no', '=', 'i.node_no'),
      )
      .selectAll('i')
      .select(['p.done', 'p.total', 'p.step'])
      .where('i.run_no', '=', runNo)
      .where(inList)
      .execute();
    return rows.map(({ done, total, step, ...row }) => ({
      row: toInstance(row),
      progress: done === null || total === null ? null : { nodeNo: row.node_no as NodeNo, done, total, step },
    }));
  }

  /** Metrics of a run after a place, by node, attempt and name. */
  async metrics(runNo: RunNo, after: ResultPlace | null, limit: number): Promise<readonly MetricRecord[]> {
    let query = this.#db.selectFrom('task_metric').selectAll().where('run_no', '=', runNo);
    if (after !== null) query = query.where(isAfter(after));
    const rows = await query.orderBy('node_no').orderBy('try_no').orderBy('name').limit(limit).execute();
    return rows.map(({ name, value, at, ...row }) => ({ ...toPlace(row), name, value, at }));
  }

  /** Artifacts of a run after a place, by node, attempt and name. */
  async artifacts(
    runNo: RunNo,
    after: ResultPlace | null,
    limit: number,
  ): Promise<readonly ArtifactRecord[]> {
    let query = this.#db.selectFrom('artifact').selectAll().where('run_no', '=', runNo);
    if (after !== null) query = query.where(isAfter(after));
    const rows = await query.orderBy('node_no').orderBy('try_no').orderBy('name').limit(limit).execute();
    return rows.map(({ name, bytes, media_type, sha256, ...row }) => ({
      ...toPlace(row),
      artifact: { name, bytes, mediaType: media_type, sha256 },
    }));
  }

  /** What a run keeps under a hash: an artifact, or `null` for the file of an output; absent: nothing. */
  async keptFile(runNo: RunNo, sha256: string): Promise<ArtifactRef | null | undefined> {
    const artifact = await this.#db
      .selectFrom('artifact')
      .selectAll()
      .where('run_no', '=', runNo)
      .where('sha256', '=', sha256)
      .limit(1)
      .executeTakeFirst();
    if (artifact !== undefined) {
      const { name, bytes, media_type: mediaType } = artifact;
      return { name, bytes, mediaType, sha256 };
    }
    const output = await this.#db
      .selectFrom('task_output')
      .select('bytes')
      .where('run_no', '=', runNo)
      .where('sha256', '=', sha256)
      .limit(1)
      .executeTakeFirst();
    return output === undefined ? undefined : null;
  }

  /** What {@link readActiveRuns} gives. */
  activeRuns(): Promise<readonly ActiveRun[]> {
    return readActiveRuns(this.#db);
  }

  /** What {@link readOpenCount} gives. */
  openCount(dagId: string): Promise<number> {
    return readOpenCount(this.#db, this.#dialect, dagId);
  }

  /** What {@link readInstancesOf} gives. */
  instancesOf(runNos: readonly RunNo[]): Promise<ReadonlyMap<RunNo, readonly InstanceRecord[]>> {
    return readInstancesOf(this.#db, runNos);
  }

  /** What {@link readRunsOf} gives. */
  runsOf(runNos: readonly RunNo[]): Promise<readonly RunRecord[]> {
    return readRunsOf(this.#db, runNos);
  }

  /** What {@link readHook} gives. */
  hook(runNo: RunNo, hookNo: number): Promise<HookRecord | null> {
    return readHook(this.#db, runNo, hookNo);
  }

  /** What {@link readWaiting} gives. */
  waitingForAnswer(filter: WaitingFilter): Promise<readonly WaitingInstance[]> {
    return readWaiting(this.#db, this.#dialect, filter);
  }

  /** What {@link readDagIds} gives. */
  dagIds(grants: readonly Grant[]): Promise<readonly string[]> {
    return readDagIds(this.#db, grants);
  }

  /** What {@link readSizes} gives. */
  sizes(): Promise<Sizes> {
    return readSizes(this.#db);
  }

  /** Where the logs of the attempts of a run are, from an attempt on, by node and attempt. */
  async logPlaces(
    runNo: RunNo,
    from: Pick<ResultPlace, 'nodeNo' | 'tryNo'>,
    limit: number,
  ): Promise<readonly LogPlace[]> {
    const { rows } = await sql<LogRow>`
      select node_no, try_no, log_segment, log_offset, log_length from task_instance
      where run_no = ${runNo} and node_no >= ${from.nodeNo} and log_offset is not null
        and (node_no, try_no) >= (${from.nodeNo}, ${from.tryNo})
      union
      select node_no, try_no, log_segment, log_offset, log_length from task_attempt
      where run_no = ${runNo} and node_no >= ${from.nodeNo} and log_offset is not null
        and (node_no, try_no) >= (${from.nodeNo}, ${from.tryNo})
      order by node_no, try_no limit ${limit}`.execute(this.#db);
    return rows.map((row) => ({
      ...toPlace(row),
      range: { segment: row.log_segment, offset: row.log_offset, length: row.log_length },
    }));
  }

  /** The instances that have a row in some ranges of nodes, counted by run, template node and state. */
  async stateCounts(ranges: readonly CountedRange[]): Promise<readonly StateCount[]> {
    const found: StateCount[] = [];
    const isOnce = ({ from, to, size }: NodeRange): boolean => to - from === size;
    for (const some of chunks(ranges.filter(isOnce))) {
      const { rows } = await statesQuery(some).execute(this.#db);
      for (const { runNo, state, templates } of rows)
        for (const template of templates.split(','))
          found.push({ runNo, template: Number(template), state, instances: 1 });
    }
    for (const some of chunks(ranges.filter((range) => !isOnce(range))))
      found.push(...(await countsQuery(some).execute(this.#db)).rows);
    return found;
  }

  /** How the instances in some ranges of runs of one version went, by template node and state. */
  async tookCounts(ranges: readonly CountedRange[]): Promise<readonly TookCount[]> {
    const found: TookCount[] = [];
    for (const some of chunks(ranges)) found.push(...(await tookQuery(some).execute(this.#db)).rows);
    return found;
  }
}

function isAfter({ nodeNo, tryNo, name }: ResultPlace) {
  return sql<boolean>`(node_no, try_no, name) > (${nodeNo}, ${tryNo}, ${name})`;
}

function toPlace(row: { readonly node_no: number; readonly try_no: number }) {
  return { nodeNo: row.node_no as NodeNo, tryNo: row.try_no as TryNo };
}

function chunks(ranges: readonly CountedRange[]): CountedRange[][] {
  const count = Math.ceil(ranges.length / RANGES_MAX);
  return Array.from({ length: count }, (_, at) => ranges.slice(at * RANGES_MAX, (at + 1) * RANGES_MAX));
}
