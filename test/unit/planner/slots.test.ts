import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileGraph } from '../../../core/graph/graph.ts';
import type { Action } from '../../../core/model/action.ts';
import type { Outcome } from '../../../core/model/attempt.ts';
import type { DagSpec } from '../../../core/model/dag.ts';
import type { RunNo, VersionNo } from '../../../core/model/ids.ts';
import type { RunRecord } from '../../../core/model/run.ts';
import type { ScheduleState, SlotSpan } from '../../../core/model/slot.ts';
import { Agenda, type DagEntry } from '../../../core/planner/agenda.ts';
import { type PlannerEvent, plan } from '../../../core/planner/plan.ts';
import { ParamsFault } from '../../../core/planner/run-params.ts';
import { World } from '../../../core/planner/world.ts';
import { contradictoryDags } from '../../../core/store/slot-order.ts';
import { timetableOf } from '../../../core/timetables/timetable-of.ts';
import { tries } from '../../tries.ts';
import { dagOf, FAILURE, NO_LIMITS, SUCCESS, task } from './simulation.ts';

const HOUR = 3_600_000;
const MINUTE = 60_000;
const T0 = Date.UTC(2026, 10, 26);
const at = (hours: number): number => T0 + hours * HOUR;
const NEW: ScheduleState = { paused: false, present: true, sinceAt: null, cursorAt: null };

const hourly = (more: Partial<DagSpec> = {}): DagSpec => ({
  ...dagOf([task('a')]),
  schedule: [{ kind: 'cron', cron: '0 * * * *' }],
  ...more,
});

/** A scheduler and its store: what is decided is kept, and survives a restart. */
class Scheduler {
  now: number;
  world = new World(NO_LIMITS);
  readonly spans: SlotSpan[] = [];
  readonly runs: RunRecord[] = [];
  readonly notes: string[] = [];
  readonly faults: string[] = [];
  /** Runs end as soon as they start; otherwise when they are told to. */
  ends = true;
  /** How they end, by the hour of their slot. */
  outcome: (hour: number) => Outcome = () => SUCCESS;
  state: ScheduleState = NEW;
  #runNo = 0;
  #wakeAt = Number.POSITIVE_INFINITY;
  #waiting: PlannerEvent[] = [];

  constructor(hours: number) {
    this.now = at(hours);
    this.world.agenda = new Agenda(() => ++this.#runNo as RunNo);
  }

  see(
    spec: DagSpec,
    more: { readonly isRescheduled?: boolean; readonly params?: DagEntry['params'] } = {},
  ): this {
    const { state } = this;
    const dag: DagEntry = {
      dagId: spec.id,
      versionNo: 1 as VersionNo,
      spec,
      graph: compileGraph(spec),
      params: more.params ?? {},
      state,
      failures: 0,
    };
    return this.tell({ type: 'dag.seen', dag, isRescheduled: more.isRescheduled ?? false });
  }

  pause(paused: boolean): this {
    const [dag] = [...(this.world.agenda?.dags.values() ?? [])];
    if (!dag) throw new Error('no DAG was seen');
    return this.tell({
      type: 'request',
      request: { inboxId: null, kind: 'pauseDag', dag: dag.entry, paused, by: 'ann' },
    });
  }

  gone(dagId: string): this {
    return this.tell({ type: 'dag.gone', dagId, state: this.state });
  }

  tell(event: PlannerEvent): this {
    this.#turn([event]);
    return this;
  }

  /** Lets time pass, waking the planner when it wants to be. */
  until(hours: number): this {
    for (let turns = 0; this.#wakeAt <= at(hours) || this.#waiting.length > 0; turns++) {
      if (turns > 5_000) throw new Error('the planner wakes again and again');
      if (this.#waiting.length === 0) this.now = Math.max(this.now, this.#wakeAt);
      this.#turn(this.#waiting.splice(0));
    }
    this.now = Math.max(this.now, at(hours));
    this.#turn([]);
    return this;
  }

  /** The scheduler is down until then; the next one knows what is stored. */
  down(hours: number, spec: DagSpec): this {
    this.now = at(hours);
    this.world = new World(NO_LIMITS);
    this.world.agenda = new Agenda(() => ++this.#runNo as RunNo);
    this.#waiting = [];
    return this.see(spec);
  }

  /** Ends the attempt of the oldest run that is under way. */
  end(): this {
    const [run] = this.world.runs.values();
    if (!run) throw new Error('no run is under way');
    return this.tell(this.#ended(run.record.runNo));
  }

  #ended(runNo: number): PlannerEvent {
    const attemptId = `${runNo}.0.1` as never;
    const logicalAt = this.runs.find((run) => run.runNo === runNo)?.logicalAt ?? 0;
    const outcome = this.outcome((logicalAt - T0) / HOUR);
    return {
      type: 'attempt',
      event: { type: 'attempt.ended', attemptId, startedAt: this.now, at: this.now, outcome },
    };
  }

  #turn(events: readonly PlannerEvent[]): void {
    const result = plan(this.world, events, { at: this.now, mono: this.now });
    if (contradictoryDags(result.actions).size > 0) throw new Error('no store takes this tick');
    for (const action of result.actions) this.#keep(action);
    for (const { run } of result.dispatch) if (this.ends) this.#waiting.push(this.#ended(run.record.runNo));
    for (const { run } of result.stops) this.#waiting.push(this.#ended(run.record.runNo));
    this.#wakeAt = result.wakeAt;
    this.faults.push(...result.faults.map(({ dagId }) => dagId));
  }

  #keep(action: Action): void {
    if (action.type === 'run.create') this.runs.push(action.run);
    if (action.type === 'slots') {
      const { cursorAt } = this.state;
      if (cursorAt !== null && action.span.firstAt <= cursorAt) throw new Error('a slot is decided twice');
      this.spans.push(action.span);
    }
    if (action.type !== 'dag.change') return;
    if (action.fromCursorAt !== this.state.cursorAt) throw new Error('the cursor was another one');
    if ((action.state.cursorAt ?? 0) < (this.state.cursorAt ?? 0)) throw new Error('the cursor went back');
    this.state = action.state;
    if (action.code !== null) this.notes.push(action.code);
  }

  /** What became of slots, in hours: `run 11`, `skipped 11-14`. */
  get fates(): string[] {
    const hour = (one: number): number => (one - T0) / HOUR;
    return this.spans.map(({ disposition, firstAt, lastAt }) => {
      const range = firstAt === lastAt ? `${hour(firstAt)}` : `${hour(firstAt)}-${hour(lastAt)}`;
      return `${disposition} ${range}`;
    });
  }
}

describe('slots', () => {
  test('a new DAG waits for its next slot, then every one has a run', () => {
    const scheduler = new Scheduler(10.5).see(hourly()).until(13);
    expect(scheduler.fates).toEqual(['run 11', 'run 12', 'run 13']);
    expect(scheduler.runs.map((run) => [run.trigger, run.logicalAt, run.createdAt])).toEqual(
      [11, 12, 13].map((hour) => ['schedule', at(hour), at(hour)]),
    );
    expect(new Set(scheduler.runs.map(({ uid }) => uid)).size).toBe(3);
    expect(scheduler.notes).toEqual(['dag_seen']);
  });

  test.each([
    ['next', undefined, []],
    ['latest', undefined, ['run 10']],
    ['all', '2026-11-26T08:30:00Z', ['skipped 9', 'run 10']],
    ['all', undefined, []],
  ] as const)('onActivate %s, from %s', (onActivate, startAt, expected) => {
    const spec = hourly({
      ...(onActivate === 'next' ? {} : { onActivate }),
      ...(startAt ? { startAt } : {}),
    });
    expect(new Scheduler(10.5).see(spec).fates).toEqual(expected);
  });

  test('catchup makes up every slot in order, as many at once as may run', () => {
    const spec = hourly({ catchup: true, startAt: '2026-11-26T00:00:00Z', maxActiveRuns: 2 });
    const scheduler = new Scheduler(5.5);
    scheduler.ends = false;
    scheduler.see(spec);
    expect(scheduler.fates).toEqual(['run 0', 'run 1']);
    for (let ended = 0; ended < 4; ended++) scheduler.end();
    expect(scheduler.fates).toEqual(['run 0', 'run 1', 'run 2', 'run 3', 'run 4', 'run 5']);
    scheduler.end().until(7);
    expect(scheduler.fates.slice(6)).toEqual(['run 6']);
  });

  test.each([
    ['the newest slot has a run', {}, ['skipped 11-14', 'run 15']],
    [
      'every slot has one with catchup',
      { catchup: true },
      ['run 11', 'run 12', 'run 13', 'run 14', 'run 15'],
    ],
    [
      'one run stands for all with coalesce',
      { catchup: true, coalesce: true },
      ['coalesced 11-14', 'run 15'],
    ],
    [
      'none later than the misfire grace',
      { catchup: true, misfireGraceMs: 2 * HOUR },
      ['missed 11-13', 'run 14', 'run 15'],
    ],
    ['none at all within a short one', { misfireGraceMs: MINUTE }, ['missed 11-15']],
  ] as const)('after an outage %s', (_name, more, expected) => {
    const spec = hourly(more);
    const scheduler = new Scheduler(10.5).see(spec).down(15.5, spec).until(15.6);
    expect(scheduler.fates).toEqual(expected);
    expect(scheduler.until(16).fates.at(-1)).toBe('run 16');
  });

  test('an outage of a year takes a few steps', () => {
    const spec = hourly({ schedule: [{ kind: 'cron', cron: '* * * * *' }] });
    const scheduler = new Scheduler(10.5).see(spec).down(366 * 24, spec);
    expect(scheduler.spans.map(({ disposition }) => disposition)).toEqual(['skipped', 'run']);
  });

  test.each([
    ['waits for it, then the newest has its run', undefined, ['run 11', 'skipped 12', 'run 13'], 2],
    ['is left out', 'skip', ['run 11', 'skipped 12', 'skipped 13'], 1],
    ['takes its place', 'cancel_running', ['run 11', 'run 12', 'run 13'], 3],
  ] as const)('a slot that is due while the last run goes on %s', (_name, overlap, expected, runs) => {
    const scheduler = new Scheduler(10.5);
    scheduler.ends = false;
    scheduler.see(hourly({ maxActiveRuns: 1, ...(overlap ? { overlap } : {}) })).until(13.5);
    if (overlap === undefined) scheduler.end();
    expect([scheduler.fates, scheduler.runs.length]).toEqual([expected, runs]);
  });

  test.each([
    [{}, ['paused 11-13'], 13.5],
    [{ catchup: true }, ['run 11', 'run 12', 'run 13'], null],
  ] as const)('the slots of a pause, with %j', (more, expected, cursor) => {
    const scheduler = new Scheduler(10.5).see(hourly(more)).pause(true).until(13.5);
    expect(scheduler.fates).toEqual([]);
    scheduler.pause(false).until(13.6);
    expect(scheduler.fates).toEqual(expected);
    if (cursor !== null) expect(scheduler.state.cursorAt).toBe(at(cursor));
    expect(scheduler.until(14).fates.at(-1)).toBe('run 14');
    expect(scheduler.notes).toEqual(['dag_seen', 'dag_paused', 'dag_unpaused']);
  });

  test('ready tasks of scheduled runs wait while their DAG is paused, those of others do not', () => {
    const spec = {
      ...hourly(),
      ...dagOf([task('a'), task('b', { after: ['a'] })]),
      schedule: hourly().schedule,
    } as DagSpec;
    const scheduler = new Scheduler(10.5);
    scheduler.ends = false;
    scheduler.see(spec).until(11).pause(true).end();
    const [run] = scheduler.world.runs.values();
    expect(run?.active).toBe(0);
    scheduler.pause(false);
    expect(run?.active).toBe(1);
  });

  test('runs that fail one after the other pause their DAG, and count anew when it is unpaused', () => {
    const spec = hourly({ pauseAfterFailures: 2 });
    const scheduler = new Scheduler(10.5);
    scheduler.outcome = (hour) => (hour === 12 ? SUCCESS : FAILURE);
    scheduler.see(spec).until(16.5);
    expect(scheduler.fates).toEqual(['run 11', 'run 12', 'run 13', 'run 14']);
    expect(scheduler.state.paused).toBe(true);
    expect(scheduler.notes).toEqual(['dag_seen', 'dag_failing']);
    scheduler.pause(false).until(17.5);
    expect(scheduler.state.paused).toBe(false);
    scheduler.until(20.5);
    expect(scheduler.fates.slice(4)).toEqual(['paused 15-16', 'run 17', 'run 18']);
    expect(scheduler.state.paused).toBe(true);
  });

  test('a DAG that is gone makes no runs; back again it goes on with its next slot', () => {
    const spec = hourly();
    const scheduler = new Scheduler(10.5).see(spec).until(11).gone(spec.id).until(14.5);
    expect(scheduler.fates).toEqual(['run 11']);
    scheduler.see(spec).until(15);
    expect(scheduler.fates).toEqual(['run 11', 'paused 12-14', 'run 15']);
    expect(scheduler.notes).toEqual(['dag_seen', 'dag_removed', 'dag_seen']);
  });

  test('a DAG that goes while nobody leads is gone for the next leader, and comes back as such', () => {
    const spec = hourly();
    const scheduler = new Scheduler(10.5).see(spec).until(11);
    scheduler.world.agenda = new Agenda(() => 99 as RunNo);
    scheduler.gone(spec.id);
    expect(scheduler.state.present).toBe(false);
    scheduler.until(14.5).see(spec).until(15);
    expect(scheduler.fates).toEqual(['run 11', 'paused 12-14', 'run 15']);
  });

  test('a pause counts although the DAG is told of as it was before, by a leader that reads anew', () => {
    const scheduler = new Scheduler(10.5).see(hourly()).until(11);
    const [known] = scheduler.world.agenda?.dags.values() ?? [];
    if (!known) throw new Error('no DAG was seen');
    const dag = { ...known.entry, state: scheduler.state };
    scheduler.world.agenda = new Agenda(() => 99 as RunNo);
    scheduler.tell({
      type: 'request',
      request: { inboxId: null, kind: 'pauseDag', dag, paused: true, by: 'ann' },
    });
    scheduler.tell({ type: 'dag.seen', dag, isRescheduled: false }).until(13.5);
    expect(scheduler.fates).toEqual(['run 11']);
    expect(scheduler.state.paused).toBe(true);
  });

  test('another schedule brings no runs for its past, and edited back neither', () => {
    const scheduler = new Scheduler(10.5)
      .see(hourly({ schedule: [{ kind: 'cron', cron: '0 0 1 1 *' }] }))
      .until(13.2);
    scheduler.see(hourly(), { isRescheduled: true }).until(14);
    expect(scheduler.fates).toEqual(['run 14']);
    scheduler.see(hourly(), { isRescheduled: true }).see(hourly(), { isRescheduled: true }).until(15);
    expect(scheduler.fates).toEqual(['run 14', 'run 15']);
  });

  test('params without a value leave the slot out, and say why', () => {
    const scheduler = new Scheduler(10.5)
      .see(hourly(), { params: new ParamsFault('symbols is missing') })
      .until(11);
    expect([scheduler.runs, scheduler.fates]).toEqual([[], ['skipped 11']]);
    expect(scheduler.spans[0]?.because.text).toContain('symbols is missing');
    const named = new Scheduler(10.5).see(hourly(), { params: { error: 'a param of this name' } }).until(11);
    expect(named.fates).toEqual(['run 11']);
  });

  test('jitter delays a slot by up to so much, each DAG in its own way, always the same', () => {
    const spec = hourly({ jitterMs: 30 * MINUTE });
    const delays = (id: string): number[] => {
      const scheduler = new Scheduler(10.5).see({ ...spec, id }).until(16);
      return scheduler.runs.map(({ createdAt, logicalAt }) => createdAt - (logicalAt ?? 0));
    };
    const one = delays('one');
    expect(one.every((delay) => delay >= 0 && delay < 30 * MINUTE)).toBe(true);
    expect(new Set(one).size).toBeGreaterThan(2);
    expect(delays('one')).toEqual(one);
    expect(delays('two')).not.toEqual(one);
  });

  test('a DAG whose slots cannot be decided is left alone, and costs no other', () => {
    const scheduler = new Scheduler(10.5);
    scheduler.see(hourly({ id: 'bad', schedule: [{ kind: 'cron', cron: '0 * * * *', tz: 'Nowhere/Land' }] }));
    scheduler.see(hourly({ id: 'good' })).until(11);
    expect(scheduler.fates).toEqual(['run 11']);
    expect(scheduler.faults).toEqual(['bad']);
  });

  test('whatever happens, a slot is decided once, never early, and none is dropped', () => {
    const step = fc.oneof(
      fc.record({ what: fc.constantFrom('until', 'down'), minutes: fc.integer({ min: 1, max: 400 }) }),
      fc.record({ what: fc.constantFrom('pause', 'unpause', 'see', 'end'), minutes: fc.constant(0) }),
    );
    const policy = fc.record({
      catchup: fc.boolean(),
      coalesce: fc.boolean(),
      grace: fc.option(fc.integer({ min: 0, max: 180 })),
      overlap: fc.constantFrom(undefined, 'skip', 'cancel_running'),
      jitter: fc.integer({ min: 0, max: 40 }),
      ends: fc.boolean(),
    });
    fc.assert(
      fc.property(policy, fc.array(step, { maxLength: 12 }), (chosen, steps) => {
        const spec = hourly({
          maxActiveRuns: 2,
          ...(chosen.catchup ? { catchup: true as const } : {}),
          ...(chosen.coalesce ? { coalesce: true as const } : {}),
          ...(chosen.grace === null ? {} : { misfireGraceMs: chosen.grace * MINUTE }),
          ...(chosen.overlap === undefined ? {} : { overlap: chosen.overlap as 'skip' }),
          ...(chosen.jitter === 0 ? {} : { jitterMs: chosen.jitter * MINUTE }),
        });
        const scheduler = new Scheduler(10.5);
        scheduler.ends = chosen.ends;
        scheduler.see(spec);
        const sinceAt = scheduler.state.cursorAt ?? 0;
        let hours = 10.5;
        for (const { what, minutes } of steps) {
          hours += minutes / 60;
          if (what === 'until') scheduler.until(hours);
          else if (what === 'down') scheduler.down(hours, spec);
          else if (what === 'see') scheduler.see(spec);
          else if (what !== 'end') scheduler.pause(what === 'pause');
          else if (scheduler.world.runs.size > 0) scheduler.end();
        }
        const slots = scheduler.runs.map(({ logicalAt }) => logicalAt);
        expect(new Set(slots).size).toBe(slots.length);
        for (const { createdAt, logicalAt } of scheduler.runs)
          expect(createdAt).toBeGreaterThanOrEqual(logicalAt ?? 0);
        const timetable = timetableOf(spec);
        const cursorAt = scheduler.state.cursorAt ?? 0;
        for (
          let slot = timetable?.next(sinceAt);
          slot && slot.at <= cursorAt;
          slot = timetable?.next(slot.at)
        ) {
          const { at: slotAt } = slot;
          const spans = scheduler.spans.filter(
            ({ firstAt, lastAt }) => firstAt <= slotAt && slotAt <= lastAt,
          );
          expect([slotAt, spans.length]).toEqual([slotAt, 1]);
        }
      }),
      { numRuns: tries(300) },
    );
  });
});
