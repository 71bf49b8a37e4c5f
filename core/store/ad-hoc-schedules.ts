import type { Kysely } from 'kysely';
import type { AdHocPlan, AdHocSchedule, AdHocSlot, ScheduleMaker } from '../model/ad-hoc-schedule.ts';
import type { WriteScript } from './accounts.ts';
import { type Fence, fenceScript } from './fence.ts';
import type { AdHocScheduleTable } from './operation-tables.ts';
import type { FenceOf } from './operations.ts';
import type { Script } from './script.ts';
import type { Lease } from './store.ts';
import { readText } from './stored-text.ts';
import type { Database } from './tables.ts';

/** Schedules that no DAG file declares. */
export class AdHocSchedules {
  readonly #db: Kysely<Database>;
  readonly #write: WriteScript;
  readonly #fenceOf: FenceOf;

  constructor(db: Kysely<Database>, write: WriteScript, fenceOf: FenceOf) {
    this.#db = db;
    this.#write = write;
    this.#fenceOf = fenceOf;
  }

  /** All of them, oldest first. */
  async all(): Promise<readonly AdHocSchedule[]> {
    const rows = await this.#db
      .selectFrom('ad_hoc_schedule')
      .selectAll()
      .orderBy('created_at')
      .orderBy('schedule_id')
      .execute();
    return rows.map(toSchedule);
  }

  async find(scheduleId: string): Promise<AdHocSchedule | null> {
    const row = await this.#db
      .selectFrom('ad_hoc_schedule')
      .selectAll()
      .where('schedule_id', '=', scheduleId)
      .executeTakeFirst();
    return row === undefined ? null : toSchedule(row);
  }

  /** Makes one, or changes it. Leader only. */
  save(lease: Lease, schedule: AdHocSchedule): Promise<void> {
    return this.#write(saveScript(this.#db, this.#fenceOf(lease), schedule));
  }

  /** Leader only. */
  remove(lease: Lease, scheduleId: string): Promise<void> {
    return this.#write(removeScript(this.#db, this.#fenceOf(lease), scheduleId));
  }
}

function toSchedule(row: AdHocScheduleTable): AdHocSchedule {
  return {
    scheduleId: row.schedule_id,
    dagId: row.dag_id,
    name: row.name,
    plan: readText<AdHocPlan>('ad_hoc_schedule.plan', row.plan),
    paused: row.paused === 1,
    cursorAt: Number(row.cursor_at),
    last: readText<AdHocSlot>('ad_hoc_schedule.last', row.last),
    createdAt: Number(row.created_at),
    createdBy: row.created_by,
    maker: readText<ScheduleMaker>('ad_hoc_schedule.maker', row.maker),
  };
}

function* saveScript(db: Kysely<Database>, fence: Fence, schedule: AdHocSchedule): Script<void> {
  yield* fenceScript(db, fence);
  const changing = {
    paused: schedule.paused ? 1 : 0,
    cursor_at: schedule.cursorAt,
    last: schedule.last === null ? null : JSON.stringify(schedule.last),
    maker: schedule.maker === null ? null : JSON.stringify(schedule.maker),
  };
  yield db
    .insertInto('ad_hoc_schedule')
    .values({
      schedule_id: schedule.scheduleId,
      dag_id: schedule.dagId,
      name: schedule.name,
      plan: JSON.stringify(schedule.plan),
      created_at: schedule.createdAt,
      created_by: schedule.createdBy,
      ...changing,
    })
    .onConflict((conflict) => conflict.column('schedule_id').doUpdateSet(changing));
}

function* removeScript(db: Kysely<Database>, fence: Fence, scheduleId: string): Script<void> {
  yield* fenceScript(db, fence);
  yield db.deleteFrom('ad_hoc_schedule').where('schedule_id', '=', scheduleId);
}
