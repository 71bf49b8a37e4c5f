import { type Kysely, sql } from 'kysely';
import { S } from '../model/states.ts';
import { FIRST_OVER_SQL, QUEUED_SQL } from './run-codes.ts';
import type { Database } from './tables.ts';

const DAY_MS = 86_400_000;

/** Task instances that ended since midnight UTC. */
export interface DayCounts {
  readonly completed: number;
  readonly failed: number;
}

/**
 * Counts what ended today by the journal. Its lines are in the order of time, so the first one of a day is
 * found by halving; from then on a look costs what happened since the last one.
 */
export class DayTally {
  readonly #db: Kysely<Database>;
  #day = -1;
  #seq = 0;
  #counts: DayCounts = { completed: 0, failed: 0 };
  #looking: Promise<DayCounts> | null = null;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  /** The counts of the day of an instant; who asks meanwhile waits for the same look. */
  today(now: number): Promise<DayCounts> {
    this.#looking ??= this.#look(now).finally(() => {
      this.#looking = null;
    });
    return this.#looking;
  }

  async #look(now: number): Promise<DayCounts> {
    const day = Math.floor(now / DAY_MS);
    if (day !== this.#day) {
      this.#seq = await this.#lastBefore(day * DAY_MS);
      this.#counts = { completed: 0, failed: 0 };
      this.#day = day;
    }
    const { seq: toSeq } = await this.#lease();
    const rows = await this.#db
      .selectFrom('journal')
      .select((row) => ['to_state', row.fn.countAll().as('count')])
      .where('seq', '>', this.#seq)
      .where('seq', '<=', toSeq)
      .where('node_no', 'is not', null)
      .where('try_no', '>', 0)
      .where('to_state', 'in', [S.success, S.failed])
      .whereRef('from_state', '!=', 'to_state')
      .groupBy('to_state')
      .execute();
    const of = (state: number): number => Number(rows.find(({ to_state }) => to_state === state)?.count ?? 0);
    this.#seq = toSeq;
    const { completed, failed } = this.#counts;
    this.#counts = { completed: completed + of(S.success), failed: failed + of(S.failed) };
    return this.#counts;
  }

  #lease(): Promise<{ readonly seq: number }> {
    return this.#db.selectFrom('lease').select('seq').where('id', '=', 1).executeTakeFirstOrThrow();
  }

  /** The number of the last line before an instant. */
  async #lastBefore(at: number): Promise<number> {
    let low = 0;
    let high = (await this.#lease()).seq;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      // Lines of runs that are gone are missing: the next one that is there stands for them.
      const line = await this.#db
        .selectFrom('journal')
        .select(['seq', 'at'])
        .where('seq', '>=', middle)
        .orderBy('seq')
        .limit(1)
        .executeTakeFirst();
      if (line !== undefined && line.at < at) low = Math.max(middle, line.seq);
      else high = middle - 1;
    }
    return low;
  }

  /** Attempts under way, of all runs that have begun and are not over. */
  async active(): Promise<number> {
    // Counted run by run: however many instances are stored, only those of such runs are looked at.
    const { rows } = await sql<{ readonly count: number | null }>`
      select sum((select count(*) from task_instance as i
        where i.run_no = r.run_no and i.state in (${S.queued}, ${S.running}, ${S.paused}))) as count
      from dag_run as r where r.state > ${QUEUED_SQL} and r.state < ${FIRST_OVER_SQL}`.execute(this.#db);
    return Number(rows[0]?.count ?? 0);
  }
}
