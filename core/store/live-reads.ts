import type { Kysely } from 'kysely';
import type { RunNo, RunUid, VersionNo } from '../model/ids.ts';
import type { Database } from './tables.ts';

/** What a run is called, without what it is about. */
export interface RunName {
  readonly uid: RunUid;
  readonly dagId: string;
  readonly versionNo: VersionNo;
}

/** What is read again and again by whoever follows the journal of all runs. */
export class LiveReads {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  /** The number of the last line of the journal; lines are committed in the order of their numbers. */
  async lastSeq(): Promise<number> {
    const row = await this.#db
      .selectFrom('lease')
      .select('seq')
      .where('id', '=', 1)
      .executeTakeFirstOrThrow();
    return row.seq;
  }

  /** The names of some runs; those that are gone are absent. */
  async runNames(runNos: readonly RunNo[]): Promise<ReadonlyMap<RunNo, RunName>> {
    if (runNos.length === 0) return new Map();
    const rows = await this.#db
      .selectFrom('dag_run')
      .select(['run_no', 'uid', 'dag_id', 'version_no'])
      .where('run_no', 'in', runNos)
      .execute();
    return new Map(
      rows.map((row) => [
        row.run_no as RunNo,
        { uid: row.uid as RunUid, dagId: row.dag_id, versionNo: row.version_no as VersionNo },
      ]),
    );
  }
}
