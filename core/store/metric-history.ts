import type { Kysely } from 'kysely';
import { type Figures, foldSamples, type Sample } from '../model/figures.ts';
import type { WriteScript } from './accounts.ts';
import { type Fence, fenceScript } from './fence.ts';
import type { FenceOf } from './operations.ts';
import { rowsOf, type Script } from './script.ts';
import type { Lease } from './store.ts';
import { readText } from './stored-text.ts';
import type { Database } from './tables.ts';

const DAY_MS = 86_400_000;
/** How long samples of each step are kept: about 8,600 of each. */
export const HISTORY = {
  fine: { stepMs: 10_000, keptMs: DAY_MS },
  coarse: { stepMs: 300_000, keptMs: 30 * DAY_MS },
} as const;
/** Coarse steps that one call makes at most. */
const STEPS_MAX = 500;

/** Figures of the past: fine ones of a day, coarse ones of a month. */
export class MetricHistory {
  readonly #db: Kysely<Database>;
  readonly #write: WriteScript;
  readonly #fenceOf: FenceOf;

  constructor(db: Kysely<Database>, write: WriteScript, fenceOf: FenceOf) {
    this.#db = db;
    this.#write = write;
    this.#fenceOf = fenceOf;
  }

  /** Keeps a sample of now. Leader only. */
  add(lease: Lease, sample: Sample): Promise<void> {
    return this.#write(addScript(this.#db, this.#fenceOf(lease), sample));
  }

  /** The samples of an interval, its end excluded, oldest first: fine ones as far back as there are any. */
  async between(fromAt: number, toAt: number): Promise<readonly Sample[]> {
    const fine = await this.#rows(HISTORY.fine.stepMs, fromAt, toAt);
    const fineFrom = fine[0]?.at ?? toAt;
    // A coarse step stands for all of its time: one that fine samples begin in is told by those.
    const coarse = await this.#rows(HISTORY.coarse.stepMs, fromAt, fineFrom - HISTORY.coarse.stepMs + 1);
    return [...coarse, ...fine];
  }

  /** The newest sample; `null` before the first. */
  async newest(): Promise<Sample | null> {
    const row = await this.#db
      .selectFrom('metric_sample')
      .select(['at', 'figures'])
      .where('step_ms', '=', HISTORY.fine.stepMs)
      .orderBy('at', 'desc')
      .limit(1)
      .executeTakeFirst();
    return row === undefined ? null : (toSample(row)[0] ?? null);
  }

  /**
   * Makes coarse samples of the fine ones of steps that are over, and deletes what is too old; how many were
   * deleted. Leader only.
   */
  condense(lease: Lease, now: number): Promise<number> {
    return this.#write(condenseScript(this.#db, this.#fenceOf(lease), now));
  }

  async #rows(stepMs: number, fromAt: number, toAt: number): Promise<Sample[]> {
    const rows = await samplesQuery(this.#db, stepMs, fromAt, toAt).execute();
    return rows.flatMap(toSample);
  }
}

function samplesQuery(db: Kysely<Database>, stepMs: number, fromAt: number, toAt: number) {
  return db
    .selectFrom('metric_sample')
    .select(['at', 'figures'])
    .where('step_ms', '=', stepMs)
    .where('at', '>=', fromAt)
    .where('at', '<', toAt)
    .orderBy('at');
}

/** None of a row that cannot be read. */
function toSample({ at, figures }: { readonly at: number; readonly figures: string }): readonly Sample[] {
  const known = readText<Figures | null>('metric_sample.figures', figures);
  return known === null ? [] : [{ at: Number(at), figures: known }];
}

function* addScript(db: Kysely<Database>, fence: Fence, sample: Sample): Script<void> {
  yield* fenceScript(db, fence);
  yield* putScript(db, HISTORY.fine.stepMs, sample);
}

/** A sample of the same instant, which a clock that was set back may bring, replaces the one before. */
function* putScript(db: Kysely<Database>, stepMs: number, { at, figures }: Sample): Script<void> {
  const row = { figures: JSON.stringify(figures) };
  yield db
    .insertInto('metric_sample')
    .values({ step_ms: stepMs, at, ...row })
    .onConflict((conflict) => conflict.columns(['step_ms', 'at']).doUpdateSet(row));
}

function* condenseScript(db: Kysely<Database>, fence: Fence, now: number): Script<number> {
  yield* fenceScript(db, fence);
  const { fine, coarse } = HISTORY;
  const [last] = yield* rowsOf(
    db
      .selectFrom('metric_sample')
      .select((row) => row.fn.max('at').as('at'))
      .where('step_ms', '=', coarse.stepMs),
  );
  const fromAt = last?.at == null ? 0 : Number(last.at) + coarse.stepMs;
  const overAt = Math.floor(now / coarse.stepMs) * coarse.stepMs;
  const rows = yield* rowsOf(samplesQuery(db, fine.stepMs, fromAt, overAt).limit(STEPS_MAX * 30));
  for (const sample of foldSamples(rows.flatMap(toSample), coarse.stepMs))
    yield* putScript(db, coarse.stepMs, sample);
  let gone = 0;
  for (const { stepMs, keptMs } of [fine, coarse]) {
    const deleted = yield* rowsOf(
      db
        .deleteFrom('metric_sample')
        .where('step_ms', '=', stepMs)
        .where('at', '<', now - keptMs)
        .returning('at'),
    );
    gone += deleted.length;
  }
  return gone;
}
