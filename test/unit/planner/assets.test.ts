import { describe, expect, test } from 'vitest';
import { compileGraph } from '../../../core/graph/graph.ts';
import type { Action } from '../../../core/model/action.ts';
import type { AssetEvent } from '../../../core/model/asset.ts';
import type { DagSpec, ScheduleSpec } from '../../../core/model/dag.ts';
import type { RunNo, VersionNo } from '../../../core/model/ids.ts';
import type { ScheduleState } from '../../../core/model/slot.ts';
import { Agenda } from '../../../core/planner/agenda.ts';
import { type PlannerEvent, plan } from '../../../core/planner/plan.ts';
import { World } from '../../../core/planner/world.ts';
import { dagOf, NO_LIMITS, SUCCESS, task } from './simulation.ts';

const NEW: ScheduleState = { paused: false, present: true, sinceAt: null, cursorAt: null };
const all = (...assets: string[]): ScheduleSpec => ({ kind: 'assets', match: 'all', assets });
const any = (...assets: string[]): ScheduleSpec => ({ kind: 'assets', match: 'any', assets });

/** A scheduler with a store of events, cursors and runs; runs go on until they are ended. */
class Scheduler {
  now = 1_000_000;
  readonly actions: Action[] = [];
  readonly events: AssetEvent[] = [];
  #states = new Map<string, { state: ScheduleState; eventNo: number }>();
  #runNo = 0;
  world = this.#fresh();

  #fresh(): World {
    const world = new World(NO_LIMITS, this.events.at(-1)?.eventNo ?? 0);
    world.agenda = new Agenda(() => ++this.#runNo as RunNo);
    return world;
  }

  /** Runs that events or files have made, as the URIs or the path that did. */
  get made(): string[][] {
    return this.actions.flatMap((one) => {
      if (one.type !== 'run.create' || one.run.trigger !== 'asset') return [];
      const { events = [], file } = one.run.cause ?? {};
      return [file ? [file.path] : events.map(({ uri }) => uri)];
    });
  }

  see(id: string, schedule: readonly ScheduleSpec[], more: Partial<DagSpec> = {}): this {
    const spec: DagSpec = { ...dagOf([task('a', { produces: [`out:${id}`] })]), ...more, id, schedule };
    const { state, eventNo } = this.#states.get(id) ?? { state: NEW, eventNo: 0 };
    const graph = compileGraph(spec);
    const version = { dagId: id, versionNo: 1 as VersionNo, spec, graph, params: {} };
    const dag = { ...version, state, failures: 0, eventNo };
    const isRescheduled = this.#states.has(id) && this.world.agenda?.dags.has(id) === true;
    return this.tell({ type: 'dag.seen', dag, isRescheduled });
  }

  report(...uris: string[]): this {
    for (const uri of uris)
      this.tell({
        type: 'request',
        request: { inboxId: ++this.now, kind: 'assetEvent', uri, extra: null, by: 'ann' },
      });
    return this;
  }

  pause(id: string, paused: boolean): this {
    const dag = this.world.agenda?.dags.get(id)?.entry as never;
    return this.tell({
      type: 'request',
      request: { inboxId: null, kind: 'pauseDag', dag, paused, by: 'ann' },
    });
  }

  file(dagId: string, path: string, arrivedAt = this.now, bytes = 1): this {
    return this.tell({ type: 'file.arrived', file: { dagId, path, bytes, modifiedAt: 5, arrivedAt } });
  }

  /** Ends the oldest run under way. */
  end(): this {
    const [run] = this.world.runs.values();
    if (!run) throw new Error('no run is under way');
    const attemptId = `${run.record.runNo}.0.1` as never;
    const at = { startedAt: this.now, at: this.now };
    return this.tell({
      type: 'attempt',
      event: { type: 'attempt.ended', attemptId, ...at, outcome: SUCCESS },
    });
  }

  /** The process dies and another one begins with what is stored; runs under way are forgotten. */
  restart(): this {
    this.world = this.#fresh();
    return this;
  }

  tell(event: PlannerEvent): this {
    this.#turn([event]);
    for (const dagId of this.world.agenda?.unread ?? []) {
      const awaited = this.world.agenda?.dags.get(dagId)?.awaited;
      if (!awaited) throw new Error(`${dagId} is not on the agenda`);
      const events = this.events.filter(
        ({ uri, eventNo }) => awaited.uris.has(uri) && eventNo > awaited.eventNo,
      );
      this.#turn([{ type: 'asset.events', dagId, awaited, events }]);
    }
    return this;
  }

  #turn(events: readonly PlannerEvent[]): void {
    this.now += 10;
    const { actions, faults } = plan(this.world, events, { at: this.now, mono: this.now });
    expect(faults).toEqual([]);
    this.actions.push(...actions);
    for (const action of actions) {
      if (action.type === 'asset.event') this.events.push(action.event);
      if (action.type === 'dag.change') {
        const eventNo = this.#states.get(action.dagId)?.eventNo ?? 0;
        this.#states.set(action.dagId, { state: action.state, eventNo });
      }
      if (action.type === 'asset.take') {
        const stored = this.#states.get(action.dagId);
        expect(stored?.eventNo).toBe(action.from);
        this.#states.set(action.dagId, { state: stored?.state ?? NEW, eventNo: action.to });
      }
    }
  }
}

describe('assets', () => {
  test('all: one run when each has an event since the last one, however many', () => {
    const orch = new Scheduler().see('d', [all('x:a', 'x:b')]);
    orch.report('x:a', 'x:a', 'x:c');
    expect(orch.made).toEqual([]);
    orch.report('x:b');
    expect(orch.made).toEqual([['x:a', 'x:a', 'x:b']]);
    orch.report('x:b', 'x:b');
    expect(orch.made).toHaveLength(1);
    orch.report('x:a');
    expect(orch.made).toEqual([
      ['x:a', 'x:a', 'x:b'],
      ['x:b', 'x:b', 'x:a'],
    ]);
  });

  test('any: one run for what came; with all runs under way it waits and is one', () => {
    const orch = new Scheduler().see('d', [any('x:a', 'x:b')], { maxActiveRuns: 1 });
    orch.report('x:a', 'x:b', 'x:b');
    expect(orch.made).toEqual([['x:a']]);
    orch.end();
    expect(orch.made).toEqual([['x:a'], ['x:b', 'x:b']]);
    orch.end();
    expect(orch.made).toHaveLength(2);
  });

  test('a success of a task makes an event of what it produces, and the run of who waits for it', () => {
    const orch = new Scheduler()
      .see('first', [any('x:a')])
      .see('second', [any('out:first')])
      .report('x:a');
    expect(orch.made).toEqual([['x:a']]);
    orch.end();
    expect(orch.made).toEqual([['x:a'], ['out:first']]);
    const produced = orch.events.find(({ uri }) => uri === 'out:first');
    expect(produced?.producer).toMatchObject({ dagId: 'first', nodeNo: 0, tryNo: 1, task: 'a' });
    const order = orch.actions.map(({ type }) => type);
    const at = order.lastIndexOf('asset.event');
    expect(order.slice(at, at + 2)).toEqual(['asset.event', 'instance']);
  });

  test('a crash loses no event and makes no second run for one', () => {
    const schedule = [all('x:a', 'x:b')];
    const orch = new Scheduler().see('d', schedule).report('x:a');
    orch.restart().see('d', schedule).report('x:b');
    expect(orch.made).toHaveLength(1);
    orch.restart().see('d', schedule);
    expect(orch.made).toHaveLength(1);
  });

  test('events while nobody knew the DAG, or of a pause, count with catchup only', () => {
    const orch = new Scheduler().report('x:a').see('no', [any('x:a')]);
    orch.see('yes', [any('x:a')], { catchup: true });
    expect(orch.made).toHaveLength(1);
    orch.pause('no', true).pause('yes', true).report('x:a');
    expect(orch.made).toHaveLength(1);
    orch.pause('no', false);
    expect(orch.made).toHaveLength(1);
    orch.pause('yes', false);
    expect(orch.made).toHaveLength(2);
    orch.report('x:a');
    expect(orch.made).toHaveLength(4);
  });

  test('a DAG that goes hears nothing; another schedule counts from when it was seen', () => {
    const orch = new Scheduler().see('d', [any('x:a')]);
    orch.tell({ type: 'dag.gone', dagId: 'd', state: NEW }).report('x:a');
    expect([...(orch.world.agenda?.consumersOf('x:a') ?? [])]).toEqual([]);
    orch.see('d', [any('x:a')]);
    expect(orch.made).toEqual([]);
    orch.report('x:b').see('d', [any('x:b')]);
    expect(orch.made).toEqual([]);
    orch.report('x:a', 'x:b');
    expect(orch.made).toEqual([['x:b']]);
  });

  test('overlap: skip leaves events out, cancel_running ends the run before', () => {
    const orch = new Scheduler().see('skip', [any('x:a')], { maxActiveRuns: 1, overlap: 'skip' });
    orch.report('x:a', 'x:a').end();
    expect(orch.made).toHaveLength(1);
    expect(orch.actions.some((one) => one.type === 'asset.take' && one.code === 'events_overlap')).toBe(true);
    const other = new Scheduler().see('c', [any('x:a')], { overlap: 'cancel_running' }).report('x:a', 'x:a');
    expect(other.made).toHaveLength(2);
    const cancelled = other.actions.filter((one) => one.type === 'run.change' && one.code === 'superseded');
    expect(cancelled).toHaveLength(1);
  });
});

describe('files', () => {
  const files: ScheduleSpec[] = [{ kind: 'file', file: 'inbox/*.csv' }];

  test('have one run each, in the order of arrival, as far as the limit goes', () => {
    const orch = new Scheduler().see('d', files, { maxActiveRuns: 1 });
    orch.file('d', 'inbox/c.csv').file('d', 'inbox/b.csv').file('d', 'inbox/a.csv');
    expect(orch.made).toEqual([['inbox/c.csv']]);
    orch.end().end();
    expect(orch.made).toEqual([['inbox/c.csv'], ['inbox/b.csv'], ['inbox/a.csv']]);
    const takes = orch.actions.filter((one) => one.type === 'file.take');
    expect(takes.map(({ runNo }) => runNo)).toEqual([1, 2, 3]);
  });

  test('that were there before, or came in a pause, have a run with catchup only', () => {
    for (const catchup of [undefined, true] as const) {
      const orch = new Scheduler().see('d', files, catchup === undefined ? {} : { catchup });
      orch.file('d', 'inbox/old.csv', 7).pause('d', true).file('d', 'inbox/paused.csv');
      orch.pause('d', false).file('d', 'inbox/late.csv', orch.now + 20);
      const before = catchup ? [['inbox/old.csv'], ['inbox/paused.csv']] : [];
      expect(orch.made).toEqual([...before, ['inbox/late.csv']]);
      expect(orch.actions.filter((one) => one.type === 'file.take')).toHaveLength(3);
    }
  });
});
