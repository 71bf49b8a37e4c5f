import type { Kysely } from 'kysely';
import type { StoredPool } from '../model/pool.ts';
import type { SchedulerPause, SchedulerReport } from '../model/scheduler-report.ts';
import type { WriteScript } from './accounts.ts';
import { type Fence, fenceScript } from './fence.ts';
import type { FenceOf } from './operations.ts';
import type { Script } from './script.ts';
import type { Lease } from './store.ts';
import { readText } from './stored-text.ts';
import type { Database } from './tables.ts';

/** Who is sent what happens. */
export type Receiver = 'otlp' | 'lineage';

/** How far a receiver has been told. */
export interface Told {
  /** The last line of the journal of which it knows. */
  readonly seq: number;
  /** Runs that began once more after an end and have not ended since, with the line by which they did. */
  readonly reopened: { readonly [runNo: string]: number };
}

/** What holds for the scheduler of a store, whoever leads, and what the leader has said of itself last. */
export class SchedulerFacts {
  readonly #db: Kysely<Database>;
  readonly #write: WriteScript;
  readonly #fenceOf: FenceOf;

  constructor(db: Kysely<Database>, write: WriteScript, fenceOf: FenceOf) {
    this.#db = db;
    this.#write = write;
    this.#fenceOf = fenceOf;
  }

  /** Whether nothing is started, and who wanted that; `null`: it is not so. */
  pause(): Promise<SchedulerPause | null> {
    return this.#read<SchedulerPause>('pause');
  }

  /** Leader only. */
  savePause(lease: Lease, pause: SchedulerPause | null): Promise<void> {
    return this.#write(saveScript(this.#db, this.#fenceOf(lease), 'pause', pause));
  }

  /** The pools that no config has, in the order of their names. */
  async pools(): Promise<readonly StoredPool[]> {
    return (await this.#read<readonly StoredPool[]>('pools')) ?? [];
  }

  /** Leader only. */
  savePools(lease: Lease, pools: readonly StoredPool[]): Promise<void> {
    return this.#write(saveScript(this.#db, this.#fenceOf(lease), 'pools', pools));
  }

  /** What the leader said last; one that leads no more may have said it. */
  report(): Promise<SchedulerReport | null> {
    return this.#read<SchedulerReport>('report');
  }

  /** Leader only. */
  saveReport(lease: Lease, report: SchedulerReport): Promise<void> {
    return this.#write(saveScript(this.#db, this.#fenceOf(lease), 'report', report));
  }

  /** How far somebody who is sent what happens has been told; `null`: nothing yet. */
  told(receiver: Receiver): Promise<Told | null> {
    return this.#read<Told>(receiver);
  }

  /** Leader only. */
  saveTold(lease: Lease, receiver: Receiver, told: Told): Promise<void> {
    return this.#write(saveScript(this.#db, this.#fenceOf(lease), receiver, told));
  }

  async #read<Value>(name: string): Promise<Value | null> {
    const row = await this.#db
      .selectFrom('scheduler_fact')
      .select('value')
      .where('name', '=', name)
      .executeTakeFirst();
    return readText<Value>('scheduler_fact.value', row?.value ?? null);
  }
}

function* saveScript(db: Kysely<Database>, fence: Fence, name: string, value: object | null): Script<void> {
  yield* fenceScript(db, fence);
  if (value === null) yield db.deleteFrom('scheduler_fact').where('name', '=', name);
  else {
    const row = { value: JSON.stringify(value) };
    yield db
      .insertInto('scheduler_fact')
      .values({ name, ...row })
      .onConflict((conflict) => conflict.column('name').doUpdateSet(row));
  }
}
