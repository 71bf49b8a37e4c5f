import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileGraph } from '../../../core/graph/graph.ts';
import type { Action } from '../../../core/model/action.ts';
import type { Outcome } from '../../../core/model/attempt.ts';
import { BACKFILL_WHICH, type BackfillRecord } from '../../../core/model/backfill.ts';
import type { DagSpec } from '../../../core/model/dag.ts';
import type { RunNo, VersionNo } from '../../../core/model/ids.ts';
import type { RunRecord } from '../../../core/model/run.ts';
import { isRunFinished, type RunState } from '../../../core/model/states.ts';
import { Agenda, ScheduledDag } from '../../../core/planner/agenda.ts';
import { type BackfillOffer, backfillWorld, roomOf } from '../../../core/planner/backfill-world.ts';
import { type PlannerEvent, plan } from '../../../core/planner/plan.ts';
import { ParamsFault } from '../../../core/planner/run-params.ts';
import type { RunWorld } from '../../../core/planner/run-world.ts';
import { decidedUntil, fateOf } from '../../../core/planner/slot-fate.ts';
import { World } from '../../../core/planner/world.ts';
import { nextInWindow, slotsAbout } from '../../../core/timetables/slot-window.ts';
import { timetableOf } from '../../../core/timetables/timetable-of.ts';
import { tries } from '../../tries.ts';
import { dagOf, FAILURE, NO_LIMITS, SUCCESS, task } from './simulation.ts';

const HOUR = 3_600_000;
const T0 = Date.UTC(2026, 10, 26);
const at = (hours: number): number => T0 + hours * HOUR;
const SPEC: DagSpec = { ...dagOf([task('a')]), schedule: [{ kind: 'cron', cron: '0 * * * *' }] };
const GRAPH = compileGraph(SPEC);
const TIMETABLE = timetableOf(SPEC);
if (TIMETABLE === null) throw new Error('the DAG has a schedule');

/** A scheduler with backfills and a store that survives it. */
class Scheduler {
  readonly now = at(100);
  readonly runs = new Map<number, RunRecord>();
  readonly backfills = new Map<number, BackfillRecord>();
  /** Ended runs in memory, as the store would load them. */
  readonly ended = new Map<number, RunWorld>();
  readonly made: number[] = [];
  /** Why backfills changed. */
  readonly said: object[] = [];
  readonly retried: number[] = [];
  most = 0;
  world = this.#fresh();
  #runNo = 1_000;
  /** Attempts under way, oldest first. */
  #live: { readonly runNo: number; readonly tryNo: number }[] = [];

  #fresh(): World {
    const world = new World(NO_LIMITS);
    world.agenda = new Agenda(() => ++this.#runNo as RunNo);
    return world;
  }

  see(versionNo = 1 as VersionNo): void {
    const state = { paused: false, present: true, sinceAt: at(0), cursorAt: at(100) };
    const dag = { dagId: SPEC.id, versionNo, spec: SPEC, graph: GRAPH, params: {}, state, failures: 0 };
    this.tell({ type: 'dag.seen', dag, isRescheduled: false });
  }

  /** The next slots of a backfill, as the leader reads them. */
  feed(backfillNo: number, atOnce: number, more: Partial<BackfillOffer> = {}): void {
    const backfill = this.world.backfills.get(backfillNo);
    if (backfill?.record.state !== 'running' || backfill.isDecided) return;
    if (roomOf(this.world, backfill) <= 0) return;
    const { record } = backfill;
    const slots = [];
    let slot = nextInWindow(TIMETABLE as never, record, record.cursorAt);
    for (; slot !== null && slots.length < atOnce; slot = nextInWindow(TIMETABLE as never, record, slot.at)) {
      const { logicalAt } = slot;
      const existing = [...this.runs.values()].find((run) => run.logicalAt === logicalAt) ?? null;
      slots.push({
        slot,
        existing,
        run: existing === null ? null : (this.ended.get(existing.runNo) ?? null),
      });
    }
    const { slotRuns } = this.world.dagLoad(SPEC.id);
    const isLast = slot === null;
    const head = { backfillNo, fromCursorAt: record.cursorAt, slotRuns, versionNo: 1 as VersionNo };
    const offer = { ...head, params: record.params, slots, isLast, ...more };
    this.tell({ type: 'backfill.slots', offer });
  }

  change(backfillNo: number, to: 'running' | 'paused' | 'cancelled'): void {
    const backfill = this.backfills.get(backfillNo) as BackfillRecord;
    const request = { inboxId: null, kind: 'changeBackfill', backfill, to, by: 'ann' } as const;
    this.tell({ type: 'request', request });
  }

  create(backfill: BackfillRecord): void {
    this.tell({ type: 'request', request: { inboxId: null, kind: 'createBackfill', backfill } });
  }

  end(outcome: Outcome): void {
    const next = this.#live.shift();
    if (!next) return;
    const attemptId = `${next.runNo}.0.${next.tryNo}` as never;
    const event = { type: 'attempt.ended', attemptId, startedAt: this.now, at: this.now, outcome } as const;
    this.tell({ type: 'attempt', event });
  }

  /** A process that is killed between two ticks: the next one has its unfinished runs and backfills. */
  restart(): void {
    const open = [...this.world.runs.values()];
    this.world = this.#fresh();
    for (const record of this.backfills.values())
      if (record.state === 'running' || record.state === 'paused')
        this.world.backfills.set(record.backfillNo, backfillWorld(record));
    const live = new Set(this.#live.map(({ runNo, tryNo }) => `${runNo}.0.${tryNo}`));
    for (const run of open)
      this.tell({ type: 'request', request: { inboxId: null, kind: 'adopt', run, live } });
    this.see();
  }

  tell(event: PlannerEvent): void {
    const result = plan(this.world, [event], { at: this.now, mono: this.now });
    for (const action of result.actions) this.#keep(action);
    for (const { run, node } of result.dispatch)
      this.#live.push({ runNo: run.record.runNo, tryNo: run.tryNo[node] as number });
    for (const run of result.ended) this.ended.set(run.record.runNo, run);
    for (const { record } of this.world.backfills.values()) {
      const own = [...this.world.runs.values()].filter((run) => run.record.backfillNo === record.backfillNo);
      this.most = Math.max(this.most, own.length - record.maxActiveRuns);
    }
  }

  #keep(action: Action): void {
    if (action.type === 'run.create') {
      const { run } = action;
      if ([...this.runs.values()].some(({ logicalAt }) => logicalAt === run.logicalAt))
        throw new Error('a slot has a second run');
      this.runs.set(run.runNo, run);
      this.made.push(run.logicalAt ?? 0);
    } else if (action.type === 'run.change') {
      const run = this.runs.get(action.runNo) as RunRecord;
      if (isRunFinished(run.state) && action.to === 'queued') this.retried.push(run.logicalAt ?? 0);
      const { backfillNo = run.backfillNo } = action;
      this.runs.set(run.runNo, {
        ...run,
        state: action.to,
        ...(backfillNo === undefined ? {} : { backfillNo }),
      });
    } else if (action.type === 'backfill.create')
      this.backfills.set(action.backfill.backfillNo, action.backfill);
    else if (action.type === 'backfill.change') {
      const stored = this.backfills.get(action.backfill.backfillNo);
      const { state, cursorAt } = action.from;
      if (stored?.state !== state || stored.cursorAt !== cursorAt)
        throw new Error('the backfill was elsewhere');
      this.backfills.set(action.backfill.backfillNo, action.backfill);
      if (action.code !== null) this.said.push({ code: action.code, facts: action.facts });
    }
  }
}

const backfillOf = (
  no: number,
  first: number,
  count: number,
  more: Partial<BackfillRecord> = {},
): BackfillRecord => ({
  backfillNo: no,
  dagId: SPEC.id,
  firstAt: at(first),
  lastAt: at(first + count - 1),
  which: 'missing',
  reverse: false,
  scope: {},
  params: {},
  maxActiveRuns: 2,
  state: 'running',
  cursorAt: null,
  slots: count,
  decided: 0,
  spared: 0,
  createdAt: at(100),
  createdBy: 'ann',
  endedAt: null,
  ...more,
});

describe('the params of a backfill', () => {
  test('are those of its new runs', () => {
    const scheduler = new Scheduler();
    scheduler.see();
    scheduler.create(backfillOf(1, 1, 2));
    scheduler.feed(1, 2, { params: { region: 'eu' } });
    expect([...scheduler.runs.values()].map(({ params }) => params)).toEqual(Array(2).fill({ region: 'eu' }));
  });

  test('that do not fit the DAG any more pause it, and say why', () => {
    const scheduler = new Scheduler();
    scheduler.see();
    scheduler.create(backfillOf(1, 1, 2));
    scheduler.feed(1, 2, { params: new ParamsFault('params.region is missing') });
    expect(scheduler.runs.size).toBe(0);
    expect(scheduler.backfills.get(1)?.state).toBe('paused');
    expect(scheduler.said).toEqual([
      { code: 'backfill_stuck', facts: { error: 'no run with its params: params.region is missing' } },
    ]);
  });

  test('were checked with a version: with another one they are read again', () => {
    const scheduler = new Scheduler();
    scheduler.see();
    scheduler.create(backfillOf(1, 1, 2));
    scheduler.see(2 as VersionNo);
    scheduler.feed(1, 2);
    expect(scheduler.runs.size).toBe(0);
    scheduler.feed(1, 2, { versionNo: 2 as VersionNo });
    expect(scheduler.runs.size).toBe(2);
  });
});

describe('backfills', () => {
  test('every slot once, never more than the limit, as the dry run says, whatever happens', () => {
    const ranges = fc.record({
      first: fc.integer({ min: 1, max: 60 }),
      count: fc.integer({ min: 1, max: 25 }),
      which: fc.constantFrom(...BACKFILL_WHICH),
      reverse: fc.boolean(),
      maxActiveRuns: fc.integer({ min: 1, max: 4 }),
    });
    const step = fc.constantFrom('ok', 'ok', 'bad', 'feed', 'feed', 'pause', 'resume', 'restart');
    fc.assert(
      fc.property(
        ranges,
        fc.array(step, { maxLength: 60 }),
        fc.integer({ min: 1, max: 7 }),
        (range, steps, atOnce) => {
          const { first, count, ...more } = range;
          const scheduler = new Scheduler();
          scheduler.see();
          // Some slots of the range have a run before: every third one, well or badly ended.
          scheduler.create(backfillOf(1, first, count, { maxActiveRuns: 30 }));
          scheduler.feed(1, count);
          for (let hour = 0; hour < count; hour++) scheduler.end(hour % 3 === 0 ? FAILURE : SUCCESS);
          for (const [no, run] of scheduler.runs)
            if ((run.logicalAt ?? 0) % (2 * HOUR) === 0) scheduler.runs.delete(no);
          scheduler.made.length = 0;
          scheduler.retried.length = 0;

          const asked = backfillOf(2, first, count, more);
          const expected = dryRun(scheduler.runs, asked);
          scheduler.create(asked);
          for (const one of steps) act(scheduler, one, atOnce);
          scheduler.change(2, 'running');
          for (let turn = 0; scheduler.backfills.get(2)?.state !== 'done'; turn++) {
            if (turn > 500) throw new Error('it does not end');
            act(scheduler, 'feed', atOnce);
            act(scheduler, 'ok', atOnce);
          }
          const order = (list: readonly number[]): number[] => [...list].sort((a, b) => a - b);
          expect(order(scheduler.made)).toEqual(expected.run);
          expect(order(scheduler.retried)).toEqual(expected.retry);
          if (more.maxActiveRuns === 1 && more.which === 'missing')
            expect(scheduler.made).toEqual(more.reverse ? expected.run.toReversed() : expected.run);
          expect(scheduler.backfills.get(2)).toMatchObject({ decided: count, spared: expected.left });
          expect(scheduler.most).toBeLessThanOrEqual(0);
          expect(scheduler.world.dagLoad(SPEC.id).runs).toBe(0);
        },
      ),
      { numRuns: tries(150) },
    );
  });

  test('cancelled: its runs end, and no more are made', () => {
    const scheduler = new Scheduler();
    scheduler.see();
    scheduler.create(backfillOf(1, 1, 10));
    scheduler.feed(1, 100);
    scheduler.change(1, 'cancelled');
    scheduler.feed(1, 100);
    for (let n = 0; n < 2; n++) scheduler.end(FAILURE);
    const states = [...scheduler.runs.values()].map(({ state }): RunState => state);
    expect(states).toEqual(['cancelled', 'cancelled']);
    expect(scheduler.world.backfills.size).toBe(0);
  });

  test('two of them over one range share its slots', () => {
    const scheduler = new Scheduler();
    scheduler.see();
    scheduler.create(backfillOf(1, 1, 6));
    scheduler.create(backfillOf(2, 1, 6, { reverse: true }));
    for (let turn = 0; turn < 40; turn++) {
      scheduler.feed(1, 3);
      scheduler.feed(2, 3);
      scheduler.end(SUCCESS);
    }
    expect([...scheduler.backfills.values()].map(({ state }) => state)).toEqual(['done', 'done']);
    expect(scheduler.made).toHaveLength(6);
  });

  test('slots that the schedule has not decided about are left to it', () => {
    const dag = (more: Partial<DagSpec>) => {
      const state = { paused: false, present: true, sinceAt: at(0), cursorAt: at(10) };
      const entry = { dagId: SPEC.id, versionNo: 1 as VersionNo, params: {}, state, failures: 0 };
      const spec = { ...SPEC, ...more };
      return new ScheduledDag({ ...entry, spec, graph: compileGraph(spec) });
    };
    const until = (more: Partial<DagSpec>, paused = false): number => {
      const scheduled = dag(more);
      return (decidedUntil(scheduled, { ...scheduled.state, paused }, at(20)) - T0) / HOUR;
    };
    expect(until({ catchup: true })).toBe(10);
    expect(until({ catchup: true, misfireGraceMs: 5 * HOUR })).toBe(14);
    expect(until({})).toBeCloseTo(20, 5);
    expect(until({})).toBeLessThan(20);
    expect(until({}, true)).toBe(20);
    expect(until({ catchup: true }, true)).toBe(10);
  });
});

function act(scheduler: Scheduler, step: string, atOnce: number): void {
  if (step === 'ok') scheduler.end(SUCCESS);
  else if (step === 'bad') scheduler.end(FAILURE);
  else if (step === 'feed') scheduler.feed(2, atOnce);
  else if (step === 'restart') scheduler.restart();
  else if (scheduler.backfills.get(2)?.state !== 'done')
    scheduler.change(2, step === 'pause' ? 'paused' : 'running');
}

/** What a dry run tells. */
function dryRun(runs: ReadonlyMap<number, RunRecord>, asked: BackfillRecord) {
  const range = { fromAt: asked.firstAt, toAt: asked.lastAt, dueBy: at(100) };
  const found: Record<string, number[]> = { run: [], retry: [], leave: [] };
  for (const slot of slotsAbout(TIMETABLE as never, range, 100)) {
    const existing = [...runs.values()].find(({ logicalAt }) => logicalAt === slot.logicalAt) ?? null;
    found[fateOf(slot, existing, asked.which, at(100)).what]?.push(slot.logicalAt);
  }
  return { run: found['run'] ?? [], retry: found['retry'] ?? [], left: found['leave']?.length ?? 0 };
}
