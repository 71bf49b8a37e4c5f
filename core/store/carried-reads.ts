import type { Kysely } from 'kysely';
import type { DialectName } from '../../migrations/migration.ts';
import type { HookRecord } from '../model/hook.ts';
import type { NodeNo, RunNo } from '../model/ids.ts';
import type { CheckpointRecord, WaitRecord } from '../model/run.ts';
import { type RunTold, readHooks, readOpenHooks, readTold } from './hooks.ts';
import { Overview } from './overview.ts';
import type { Database } from './tables.ts';
import { TaskReads } from './task-reads.ts';
import { VersionReads } from './version-reads.ts';
import { readCheckpoints, readWaits } from './waits.ts';

/** What the store can tell of that which runs carry beside their instances, the same on both databases. */
export class CarriedReads extends VersionReads {
  readonly #db: Kysely<Database>;
  readonly overview: Overview;
  readonly tasks: TaskReads;

  constructor(db: Kysely<Database>, dialect: DialectName) {
    super(db);
    this.#db = db;
    this.overview = new Overview(db, dialect);
    this.tasks = new TaskReads(db, dialect);
  }

  /** What the instances of a run carry that were put off. */
  waits(runNo: RunNo): Promise<ReadonlyMap<NodeNo, WaitRecord>> {
    return readWaits(this.#db, runNo);
  }

  /** From what the instances of a run can go on. */
  checkpoints(runNo: RunNo): Promise<ReadonlyMap<NodeNo, CheckpointRecord>> {
    return readCheckpoints(this.#db, runNo);
  }

  told(runNo: RunNo): Promise<RunTold> {
    return readTold(this.#db, runNo);
  }

  hooks(runNo: RunNo): Promise<readonly HookRecord[]> {
    return readHooks(this.#db, runNo);
  }

  openHooks(): Promise<readonly HookRecord[]> {
    return readOpenHooks(this.#db);
  }
}
