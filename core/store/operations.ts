import type { Kysely } from 'kysely';
import type { WriteScript } from './accounts.ts';
import { AdHocSchedules } from './ad-hoc-schedules.ts';
import { DayTally } from './day-tally.ts';
import type { Fence } from './fence.ts';
import { MetricHistory } from './metric-history.ts';
import { SchedulerFacts } from './scheduler-facts.ts';
import type { Lease } from './store.ts';
import type { Database } from './tables.ts';

/** What a lease proves. */
export type FenceOf = (lease: Lease) => Fence;

/** What is kept of the operation of a scheduler, beside its runs. */
export class Operations {
  readonly facts: SchedulerFacts;
  readonly history: MetricHistory;
  readonly schedules: AdHocSchedules;
  readonly tally: DayTally;

  constructor(db: Kysely<Database>, write: WriteScript, fenceOf: FenceOf) {
    this.facts = new SchedulerFacts(db, write, fenceOf);
    this.history = new MetricHistory(db, write, fenceOf);
    this.schedules = new AdHocSchedules(db, write, fenceOf);
    this.tally = new DayTally(db);
  }
}
