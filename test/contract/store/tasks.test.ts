import { describe, expect, it } from 'vitest';
import type { Action } from '../../../core/model/action.ts';
import { becauseNumber } from '../../../core/model/because.ts';
import { PRIORITY_LEVELS } from '../../../core/model/dag.ts';
import type { RunRecord } from '../../../core/model/run.ts';
import { isRunFinished, RUN_STATES, type RunState, S } from '../../../core/model/states.ts';
import type { Store } from '../../../core/store/store.ts';
import type { TaskFilter } from '../../../core/store/task-filter.ts';
import type { TaskRecord } from '../../../core/store/task-reads.ts';
import { TASK_SORTS, type TaskOrder, type TaskPlace, type TaskSort } from '../../../core/store/task-walk.ts';
import { MIGRATIONS } from '../../../migrations/index.ts';
import { Random } from '../../unit/planner/random.ts';
import { databases } from './databases.ts';
import { create, Leader, nodeNo, queued, runNo, T0, tryNo, versionOf } from './fixture.ts';
import { useLedStore } from './led-store.ts';

const TASKS = 40;
const DAY_MS = 86_400_000;
const FILTERS: readonly TaskFilter[] = [
  {},
  { types: ['a'] },
  { types: ['a', 'none', 'b'], createdBy: 'ann' },
  { types: [] },
  { states: ['failed'] },
  { states: ['queued', 'success'] },
  { states: ['success', 'failed', 'cancelled'] },
  { states: ['running', 'paused'] },
  { types: ['b'], states: ['success', 'failed'], since: T0 + 100 },
  { since: T0 + 205 },
  { priorities: ['high'], name: 'N3' },
  { text: 'ANN', since: T0 + 100 },
];

/** What an order compares. */
const VALUES: { readonly [sort in TaskSort]: (task: TaskRecord) => string | number } = {
  createdAt: ({ run }) => run.createdAt,
  priority: ({ run }) => PRIORITY_LEVELS.indexOf(run.priority),
  type: ({ run }) => run.dagId,
  name: ({ run }) => run.taskName,
  startedAt: ({ startedAt }) => startedAt ?? 0,
  finishedAt: ({ finishedAt }) => finishedAt ?? 0,
};

/** The end of a task that ran. */
function ended(no: number): Action[] {
  const times = { startedAt: T0 + 1_000 - no, endedAt: T0 + 1_000 };
  const success = queued(no, 0, { to: S.success, because: becauseNumber('succeeded'), ...times });
  const about = { runNo: runNo(no), code: 'leaves_succeeded', facts: null } as const;
  const to = no % 7 === 2 ? 'failed' : 'success';
  const end = { type: 'run.change', from: 'running', to, ...about, endedAt: T0 + 1_000 + (no % 6) } as const;
  return [success, end];
}

/** Whether a filter admits a task, said once more. */
function admits(filter: TaskFilter, { run, state }: TaskRecord): boolean {
  const has = (whole: string, part: string) => whole.toLowerCase().includes(part.toLowerCase());
  return [
    filter.types?.includes(run.dagId),
    filter.states?.includes(state),
    filter.priorities?.includes(run.priority),
    filter.createdBy && filter.createdBy === run.createdBy,
    filter.name && has(run.taskName, filter.name),
    filter.text && has(`${run.taskName} ${run.uid} ${run.dagId} ${run.createdBy}`, filter.text),
    filter.since && run.createdAt >= filter.since,
  ].every((one) => one !== false);
}

describe.each(databases)('tasks of the queue on $name', ({ newPlace }) => {
  let store: Store;
  let leader: Leader;

  useLedStore(newPlace, (led) => {
    ({ store, leader } = led);
  });

  it('keeps the last checkpoint of an instance until it is dropped', async () => {
    const one = {
      type: 'checkpoint',
      runNo: runNo(1),
      nodeNo: nodeNo(1),
      tryNo: tryNo(1),
      at: T0,
    } as const;
    const kept = async () => [...((await store.loadRun(runNo(1)))?.checkpoints ?? [])];
    await leader.tick(create(1));
    await leader.tick({ ...one, state: '1' }, { ...one, state: '"a\u00002"' });
    await leader.tick({ ...one, tryNo: tryNo(2), state: '{"row":3}' });
    expect(await kept()).toEqual([[1, { tryNo: 2, at: T0, state: '{"row":3}' }]]);
    await leader.tick({ ...one, state: null });
    expect(await kept()).toEqual([]);
  });

  it('keeps what a run was asked for with, and another priority', async () => {
    const asked = { priority: 'low', taskName: 'a name', createdBy: 'ann' } as const;
    await leader.tick(create(7, asked));
    expect(await store.run(runNo(7))).toMatchObject(asked);
    const about = { runNo: runNo(7), from: 'queued', to: 'queued', code: 'prioritized' } as const;
    await leader.tick({ type: 'run.change', ...about, facts: null, priority: 'urgent' });
    expect(await store.run(runNo(7))).toMatchObject({ ...asked, priority: 'urgent' });
  });

  /** Tasks in each state among runs that are none. */
  async function fill(): Promise<readonly TaskRecord[]> {
    const versions = {
      a: await store.saveVersion(leader.lease, versionOf('a')),
      b: await store.saveVersion(leader.lease, versionOf('b')),
    };
    const actions: Action[] = [];
    for (let no = 1; no <= TASKS; no++) {
      const dagId = no % 3 === 0 ? 'a' : 'b';
      const asked = {
        ...{ taskName: `n${no % 7}`, createdBy: no % 4 === 0 ? 'ann' : 'ben' },
        priority: PRIORITY_LEVELS[no % 4] ?? 'normal',
      };
      const about = { dagId, versionNo: versions[dagId], createdAt: T0 + Math.floor(no / 2) * 20 };
      const state = no % 5 === 0 ? 'queued' : no % 5 === 1 ? 'paused' : 'running';
      actions.push(create(no, { state, startedAt: T0, ...about, ...(no % 9 === 0 ? {} : asked) }));
      if (state !== 'running' || no % 5 === 2) continue;
      if (no % 2 === 0) actions.push(queued(no, 0));
      else actions.push(...ended(no));
    }
    await leader.tick(...actions);
    return allTasks();
  }

  /** All pages of a list; each looks at so many tasks. */
  async function listed(filter: TaskFilter, order: TaskOrder, looked: number): Promise<readonly number[]> {
    const found: number[] = [];
    let place: TaskPlace | null = null;
    for (let page = 0; page <= TASKS; page++) {
      const read = await store.tasks.list(filter, order, place, 4, looked);
      expect(read.tasks.length).toBeLessThanOrEqual(4);
      found.push(...read.tasks.map(({ run }) => run.runNo));
      place = read.next;
      if (place === null) return found;
    }
    throw new Error('the list has no end');
  }

  it('lists tasks by every filter in every order, however few are looked at for a page', async () => {
    const all = await fill();
    expect(new Set(all.map(({ state }) => state))).toEqual(
      new Set(['queued', 'paused', 'running', 'success', 'failed']),
    );
    for (const [at, filter] of FILTERS.entries())
      for (const [place, by] of TASK_SORTS.entries()) {
        // Every second one the other way round.
        const descending = (at + place) % 2 === 0;
        const sign = descending ? -1 : 1;
        const key = VALUES[by];
        const compare = (a: TaskRecord, b: TaskRecord) => {
          const [x, y] = [key(a), key(b)];
          return sign * (x < y ? -1 : x > y ? 1 : a.run.runNo - b.run.runNo);
        };
        const wanted = all.filter((task) => admits(filter, task)).toSorted(compare);
        // Of starts there is no index: as many of the newest tasks are sorted as are looked at.
        const looked = by === 'startedAt' ? TASKS : 5 + at;
        const found = await listed(filter, { by, descending }, looked);
        expect(found, `${JSON.stringify(filter)} ${by} ${sign}`).toEqual(wanted.map(({ run }) => run.runNo));
      }
  });

  it('looks at no more tasks than it may for a page', async () => {
    await fill();
    const newest = { by: 'createdAt', descending: true } as const;
    const none = { name: 'no such name' };
    const first = await store.tasks.list(none, newest, null, 4, 10);
    expect(first.tasks).toEqual([]);
    const tenth = (await store.tasks.list({}, newest, null, 10)).tasks.at(-1);
    expect(first.next).toEqual({ value: tenth?.run.createdAt, runNo: tenth?.run.runNo });
  });

  /** That what is counted is what a look at every task gives, of all and from a day on. */
  async function expectCounted(all: readonly TaskRecord[]): Promise<void> {
    for (const since of [undefined, T0, T0 + DAY_MS + 5]) {
      const from = since === undefined ? null : Math.floor(since / DAY_MS) * DAY_MS;
      const made = all.filter(({ run }) => run.createdAt >= (from ?? 0));
      const types = [...new Set(made.map(({ run }) => run.dagId))].toSorted();
      const counted = await store.tasks.counts(since === undefined ? {} : { since });
      expect(counted.map((one) => [one.type, one.since])).toEqual(types.map((type) => [type, from]));
      for (const { type, counts } of counted) {
        const of = Map.groupBy(
          made.filter(({ run }) => run.dagId === type),
          ({ state }) => state,
        );
        const tasks = Object.fromEntries(counts.map((one) => [one.state, one.tasks]));
        expect(tasks).toEqual(Object.fromEntries([...of].map(([state, some]) => [state, some.length])));
      }
    }
    const isOpen = ({ run }: TaskRecord) => !isRunFinished(run.state);
    const open = Map.groupBy(all.filter(isOpen), ({ run, state }) => `${run.dagId} ${run.priority} ${state}`);
    const expected = [...open].map(([place, some]) => {
      return [place, some.length, Math.min(...some.map(({ run }) => run.createdAt))] as const;
    });
    const found = new Map<string, { tasks: number; oldestAt: number }>();
    for (const { type, priority, state, tasks, oldestAt } of await store.tasks.queue({})) {
      const place = `${type} ${priority} ${state}`;
      const known = found.get(place) ?? { tasks: 0, oldestAt };
      found.set(place, { tasks: known.tasks + tasks, oldestAt: Math.min(known.oldestAt, oldestAt) });
    }
    const told = [...found].map(([place, { tasks, oldestAt }]) => [place, tasks, oldestAt]);
    expect(told.toSorted()).toEqual(expected.toSorted());
  }

  /** Every task that is there, as the list has it. */
  const allTasks = async (): Promise<readonly TaskRecord[]> => {
    const first = { by: 'createdAt', descending: false } as const;
    return (await store.tasks.list({}, first, null, 500)).tasks;
  };

  it('counts the tasks of each type, and what is open', async () => {
    await expectCounted(await fill());
    expect(await store.tasks.counts({ types: ['b', 'none'] })).toHaveLength(1);
    expect(await store.tasks.counts({ types: [] })).toEqual([]);
  });

  it('says how long the newest tasks took that ended in a state', async () => {
    const all = await fill();
    const [a] = await store.tasks.counts({ types: ['a'] });
    const took = all
      .filter(({ run, state }) => run.dagId === 'a' && state === 'success')
      .map(({ startedAt, run }) => T0 + 1_000 - (startedAt ?? run.createdAt));
    expect(a?.counts.find(({ state }) => state === 'success')).toEqual({
      ...{ state: 'success', tasks: took.length, avgMs: took.reduce((sum, ms) => sum + ms, 0) / took.length },
      ...{ minMs: Math.min(...took), maxMs: Math.max(...took) },
    });
    expect(a?.counts.find(({ state }) => state === 'queued')).toMatchObject({ avgMs: null });
  });

  it('counts exactly whatever becomes of tasks', async () => {
    const random = new Random(7);
    for (let tick = 0; tick < 30; tick++) {
      const known = await allTasks();
      const fresh = [1, 2].map((at) => {
        const task = {
          priority: random.pick(PRIORITY_LEVELS),
          ...(random.chance(0.9) ? { taskName: 'a task' } : {}),
        };
        return create(tick * 2 + at, { createdAt: T0 + random.upTo(2) * DAY_MS, ...task });
      });
      const about = (run: RunRecord, to: RunState): Action => {
        const ends = isRunFinished(to) ? { endedAt: T0 + tick } : { endedAt: null };
        const change = { type: 'run.change', runNo: run.runNo, from: run.state, to, facts: null } as const;
        return { ...change, code: 'prioritized', priority: random.pick(PRIORITY_LEVELS), ...ends };
      };
      const some = random.some(known, 0.3).map(({ run }) => run);
      await leader.tick(...fresh, ...some.map((run) => about(run, random.pick(RUN_STATES))));
      const over = known.filter(({ run }) => isRunFinished(run.state) && !some.includes(run));
      if (over.length > 0) await store.deleteRun(leader.lease, random.pick(over).run.runNo);
      if (tick % 10 === 9)
        await store.purgeRuns(leader.lease, 'prices', { endedBefore: T0 + tick - 4, keep: 5 });
      if (tick % 6 === 5) await expectCounted(await allTasks());
    }
    expect((await allTasks()).length).toBeLessThan(45);
    for (const { run } of await allTasks()) {
      if (isRunFinished(run.state)) continue;
      const end = { from: run.state, to: 'cancelled', code: 'cancelled_by_user', endedAt: T0 } as const;
      await leader.tick({ type: 'run.change', runNo: run.runNo, facts: null, ...end });
    }
    for (const { run } of await allTasks()) await store.deleteRun(leader.lease, run.runNo);
    await expectCounted([]);
  });

  it('counts the tasks of a store that was made before there was a tally', async () => {
    const place = await newPlace();
    const old = await place.open({ migrations: MIGRATIONS.filter(({ number }) => number < 23) });
    ({ store, leader } = { store: old, leader: await Leader.of(old) });
    const all = await fill();
    await leader.lease.release();
    store = await place.open();
    await store.migrate();
    await expectCounted(all);
    await place.close();
  });

  it('deletes a finished run alone, and none that an unfinished one needs', async () => {
    const end = { type: 'run.change', from: 'queued', to: 'success', code: 'leaves_succeeded' } as const;
    const over = (no: number) => ({ ...end, runNo: runNo(no), facts: null, endedAt: T0 });
    await leader.tick(create(1), create(2), create(3, { inputsFrom: runNo(2) }), over(1), over(2));
    const gone = (no: number) => store.deleteRun(leader.lease, runNo(no));
    expect([await gone(1), await gone(2), await gone(3)]).toEqual([true, false, false]);
    expect(await store.run(runNo(1))).toBeNull();
    expect((await store.run(runNo(2)))?.state).toBe('success');
  });
});
