import pg from 'pg';
import { AppError } from '../../model/errors.ts';
import type { RunNo } from '../../model/ids.ts';
import type { Fence } from '../fence.ts';
import { newMisses, staleResult } from '../misses.ts';
import type { CommitResult, Tick } from '../store.ts';
import type { Timers } from '../timers.ts';
import { connectionConfig, dropConnection, ignoreLoss, QUERY_TIMEOUT_MS, sqlState } from './connection.ts';
import { type FoldedTick, foldTick } from './fold.ts';
import { tickStatement } from './tick-statement.ts';

/** The error that `orch_stale` raises. */
const STALE = 'OR001';
/** Answers of the server after which nothing is written and trying again may help. */
const PASSING = /^(40001|40P01|55P03|57014|25006|53...|58...)$/;
/** Answers of a server that ends the connection: what it was doing may have been done. */
const ENDING = /^(57P..|08...)$/;
const RECONNECT_MS = 100;

/** Plans made for any number of rows that go by the index: tables grow too fast for statistics to follow. */
const PLANNER_SETTINGS = [
  'plan_cache_mode=force_generic_plan',
  'enable_seqscan=off',
  'enable_hashjoin=off',
  'enable_mergejoin=off',
  'jit=off',
  `statement_timeout=${QUERY_TIMEOUT_MS - 1000}`,
];

/** Numbers of the lease row that a commit raises. */
export interface LeaseMarks {
  readonly seal: number;
  readonly seq: number;
  readonly runNo: number;
}

export interface TickCommitOptions {
  readonly url: string;
  readonly schema: string;
  readonly fence: Fence;
  readonly marks: LeaseMarks;
  /** Aborts when the lead is lost. */
  readonly lost: AbortSignal;
  readonly timers: Timers;
}

/** Writes ticks over a connection of its own: one statement, one round trip, one at a time. */
export class TickCommit {
  readonly #options: TickCommitOptions;
  #marks: LeaseMarks;
  #client: pg.Client | null = null;
  #busy = false;

  constructor(options: TickCommitOptions) {
    this.#options = options;
    this.#marks = options.marks;
  }

  async commit(tick: Tick): Promise<CommitResult> {
    if (this.#busy)
      throw new AppError('internal', `tick ${tick.no} was committed while another commit was under way`);
    this.#busy = true;
    try {
      return await this.#commit(tick);
    } finally {
      this.#busy = false;
    }
  }

  async #commit(tick: Tick): Promise<CommitResult> {
    const folded = foldTick(tick.actions);
    const stale = staleResult(folded.misses);
    if (stale !== null) return stale;
    const after = this.#marksAfter(folded);
    let client: pg.Client;
    try {
      client = await this.#connect();
    } catch (error) {
      return { ok: false, why: 'retry', error: error as Error };
    }
    let fenceHeld = true;
    try {
      const { rows } = await client.query<{ readonly ok: number }>(this.#statement(tick, folded, after));
      fenceHeld = rows[0]?.ok === 1;
    } catch (error) {
      const refused = this.#refusal(tick, error);
      if (refused !== null) return refused;
      const unwritten = await this.#settle(tick, error as Error);
      if (unwritten !== null) return unwritten;
    }
    if (!fenceHeld) return this.#whyFenced(client, tick);
    this.#marks = after;
    return { ok: true };
  }

  #marksAfter(folded: FoldedTick): LeaseMarks {
    let { runNo } = this.#marks;
    for (const { run } of folded.runs) if (run.runNo > runNo) runNo = run.runNo;
    return { seal: this.#marks.seal + 1, seq: this.#marks.seq + folded.lines.length, runNo };
  }

  #statement(tick: Tick, folded: FoldedTick, after: LeaseMarks): pg.QueryConfig {
    const head = {
      no: tick.no,
      at: tick.at,
      seqBefore: this.#marks.seq,
      seqAfter: after.seq,
      epoch: this.#options.fence.epoch,
      schemaNo: this.#options.fence.schemaNo,
      seal: this.#marks.seal,
      runNo: after.runNo,
    };
    const { name, text, values } = tickStatement(head, folded);
    return { name, text, values: [...values] };
  }

  /** What a definite refusal of the server means; `null` if nobody knows what happened. */
  #refusal(tick: Tick, error: unknown): CommitResult | null {
    const state = sqlState(error);
    if (state === null || ENDING.test(state)) return null;
    if (state === STALE) return missesOf((error as pg.DatabaseError).detail ?? '');
    if (PASSING.test(state)) return { ok: false, why: 'retry', error: error as Error };
    const constraint = (error as pg.DatabaseError).constraint ?? null;
    const { message } = error as Error;
    throw new AppError('internal', `The store refused tick ${tick.no}: ${message}`, { constraint }, error);
  }

  async #whyFenced(client: pg.Client, tick: Tick): Promise<CommitResult> {
    const { epoch, schemaNo } = this.#options.fence;
    const query = 'select epoch, schema_no, tick from lease where id = 1';
    let lease: { readonly epoch: number; readonly schema_no: number; readonly tick: number } | undefined;
    try {
      lease = (await client.query(query)).rows[0];
    } catch (error) {
      this.#drop();
      return { ok: false, why: 'retry', error: error as Error };
    }
    if (lease?.epoch === epoch && lease.schema_no === schemaNo && lease.tick >= tick.no) {
      throw new AppError('internal', `tick ${tick.no} was committed after tick ${lease.tick}`);
    }
    return { ok: false, why: 'fenced' };
  }

  /**
   * After a lost answer: reads back whether the tick is there (`null`). If it is not, the seal is raised, so
   * that a statement still on its way misses the fence. Goes on until the server answers or the lead is lost.
   */
  async #settle(tick: Tick, error: Error): Promise<CommitResult | null> {
    this.#drop();
    const { seal } = this.#marks;
    while (!this.#options.lost.aborted) {
      try {
        const client = await this.#connect();
        const { epoch } = this.#options.fence;
        const sealing =
          'update lease set seal = seal + 1 where id = 1 and epoch = $1 and seal = $2 returning seal';
        const sealed = await client.query(sealing, [epoch, seal]);
        const { rows } = await client.query('select epoch, tick, seal from lease where id = 1');
        const lease = rows[0];
        if (lease?.epoch !== epoch) return { ok: false, why: 'fenced' };
        if (sealed.rowCount === 0 && lease.tick >= tick.no) return null;
        this.#marks = { ...this.#marks, seal: lease.seal };
        return { ok: false, why: 'retry', error };
      } catch {
        this.#drop();
        await this.#options.timers.delay(RECONNECT_MS, this.#options.lost);
      }
    }
    return { ok: false, why: 'fenced' };
  }

  async #connect(): Promise<pg.Client> {
    if (this.#client !== null) return this.#client;
    const { url, schema } = this.#options;
    const client = new pg.Client({
      ...connectionConfig(url, schema, PLANNER_SETTINGS),
      query_timeout: QUERY_TIMEOUT_MS,
    });
    client.on('error', ignoreLoss);
    client.on('end', () => {
      if (this.#client === client) this.#client = null;
    });
    await client.connect();
    this.#client = client;
    return client;
  }

  /** Gives the connection up without waiting for its server. */
  #drop(): void {
    const client = this.#client;
    this.#client = null;
    if (client !== null) dropConnection(client);
  }

  async close(): Promise<void> {
    const client = this.#client;
    this.#client = null;
    await client?.end();
  }
}

function missesOf(detail: string): CommitResult {
  const misses = newMisses();
  for (const word of detail.split(' ')) {
    const [what, no] = word.split(':');
    if (what === 'run') misses.runs.add(Number(no) as RunNo);
    if (what === 'request') misses.requests.add(Number(no));
    if (what === 'dag') misses.dags.add(no ?? '');
  }
  return staleResult(misses) ?? { ok: false, why: 'stale', runs: [], requests: [], dags: [] };
}
