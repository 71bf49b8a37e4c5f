import { describe, expect, it } from 'vitest';
import type { AdHocSchedule } from '../../../core/model/ad-hoc-schedule.ts';
import type { Figures } from '../../../core/model/figures.ts';
import { S } from '../../../core/model/states.ts';
import { HISTORY } from '../../../core/store/metric-history.ts';
import type { Store } from '../../../core/store/store.ts';
import { databases } from './databases.ts';
import { create, type Leader, queued, succeeded, T0 } from './fixture.ts';
import { useLedStore } from './led-store.ts';

const NOW = Date.UTC(2026, 5, 1, 12);
const figures = (cpuPercent: number): Figures => ({
  ...{ cpuPercent, completedTasksToday: 1, failedTasksToday: 0, cpuCount: 2, load: 1 },
  ...{ memoryTotal: 8, memoryUsed: 4, memoryPercent: 50, diskTotal: 8, diskUsed: 4, diskPercent: 50 },
  ...{ activeTasks: 0, pendingTasks: 0 },
});

describe.each(databases)('what is kept of a scheduler on $name', ({ newPlace }) => {
  let store: Store;
  let leader: Leader;
  useLedStore(newPlace, (led) => {
    ({ store, leader } = led);
  });

  it('keeps a pause for whoever leads, and takes no word of who leads no more', async () => {
    const { facts } = store.operations;
    expect(await facts.pools()).toEqual([]);
    const pool = { name: 'db', slots: 2, description: null, changedAt: NOW, changedBy: 'ann' };
    await facts.savePools(leader.lease, [pool]);
    expect(await facts.pools()).toEqual([pool]);
    expect(await facts.pause()).toBe(null);
    await facts.savePause(leader.lease, { by: 'ann', at: NOW });
    expect(await facts.pause()).toEqual({ by: 'ann', at: NOW });
    const old = { ...leader.lease, epoch: leader.lease.epoch - 1 };
    await expect(facts.savePause(old, null)).rejects.toThrow('Another process has taken the lead');
    await facts.savePause(leader.lease, null);
    expect(await facts.pause()).toBe(null);
  });

  it('keeps how far each receiver was told', async () => {
    const { facts } = store.operations;
    const told = { seq: 7, reopened: { 1: 3 } };
    await facts.saveTold(leader.lease, 'otlp', told);
    expect([await facts.told('otlp'), await facts.told('lineage')]).toEqual([told, null]);
  });

  it('reads beginnings and ends, with the attempts that count among the first', async () => {
    const { live } = store;
    const cause = { events: [], file: null };
    await leader.tick(create(1, { cause }), queued(1, 0), queued(1, 5));
    const from = await live.lastSeq();
    const again = { fresh: false, queuedAt: NOW, startedAt: NOW + 2, endedAt: NOW + 3 } as const;
    const error = JSON.stringify({ name: 'E', message: 'no' });
    await leader.tick(succeeded(1, 5, { to: S.up_for_retry, dueAt: NOW, reason: 1, error }));
    await leader.tick(queued(1, 5, { fresh: false, from: S.up_for_retry, fromTry: 1, tryNo: 2 }));
    await leader.tick(succeeded(1, 5, { ...again, fromTry: 2, tryNo: 2, to: S.failed, reason: 1 }));
    await leader.tick(
      queued(1, 5, { fresh: false, from: S.failed, fromTry: 2, tryNo: 2, tryBase: 2, to: S.none }),
    );
    await leader.tick(
      queued(1, 5, { fresh: false, from: S.none, fromTry: 2, tryNo: 2, to: S.upstream_failed, endedAt: NOW }),
    );
    await leader.tick(
      queued(1, 5, { fresh: false, from: S.upstream_failed, fromTry: 2, tryNo: 2, to: S.none }),
      queued(1, 5, { fresh: false, from: S.none, fromTry: 2, tryNo: 3, queuedAt: NOW }),
    );
    await leader.tick(succeeded(1, 5, { ...again, fromTry: 3, tryNo: 3, tryBase: 2 }));
    const lines = await live.observed(from, await live.lastSeq(), 100);
    const told = lines.map(({ from, to, attempt }) => [
      from,
      to,
      attempt?.tryNo,
      attempt?.tryBase,
      attempt?.error?.name,
    ]);
    expect(told).toEqual([
      ['queued', 'up_for_retry', 1, 0, 'E'],
      ['queued', 'failed', 2, 0, undefined],
      ['none', 'upstream_failed', 2, 2, undefined],
      ['queued', 'success', 3, 2, undefined],
    ]);
    expect(lines[0]).toMatchObject({ run: { dagId: 'prices', events: [] }, attempt: { startedAt: T0 + 2 } });
    const starts = lines.flatMap(({ run, attempt }) =>
      attempt === null ? [] : [live.firstStart(run.runNo, attempt)],
    );
    expect(await Promise.all(starts)).toEqual([T0 + 2, T0 + 2, expect.anything(), NOW + 2]);
    expect((await live.observed(from, from + 2, 100)).length).toBe(1);
    // Taken back before it began: what its row has is the start of the attempt before.
    const back = { queuedAt: NOW + 10, fromTry: 2, tryNo: 2, to: S.cancelled } as const;
    await leader.tick(queued(1, 6, { tryNo: 2, queuedAt: NOW + 10 }));
    await leader.tick(succeeded(1, 6, { ...back, startedAt: NOW, endedAt: NOW + 20 }));
    const [taken] = (await live.observed(from, await live.lastSeq(), 100)).slice(-1);
    expect(taken).toMatchObject({ to: 'cancelled', attempt: { startedAt: null } });
    expect((await live.observed(0, from, 100)).map(({ from, to }) => [from, to])).toEqual([[null, 'queued']]);
  });

  it('condenses figures that are over, keeps each kind for its time, and tells both as one', async () => {
    const { history } = store.operations;
    const { fine, coarse } = HISTORY;
    const add = (at: number, cpu: number) => history.add(leader.lease, { at, figures: figures(cpu) });
    await add(NOW - fine.keptMs - coarse.stepMs, 10);
    await add(NOW - fine.keptMs - coarse.stepMs + fine.stepMs, 30);
    await add(NOW - fine.stepMs, 50);
    await add(NOW + fine.stepMs, 70);
    expect(await history.condense(leader.lease, NOW + fine.stepMs)).toBe(2);
    expect(await history.condense(leader.lease, NOW + fine.stepMs)).toBe(0);
    const found = await history.between(0, NOW + coarse.stepMs);
    expect(found.map(({ at, figures: { cpuPercent } }) => [at - NOW, cpuPercent])).toEqual([
      [-fine.keptMs - coarse.stepMs, 20],
      [-fine.stepMs, 50],
      [fine.stepMs, 70],
    ]);
    expect(await history.condense(leader.lease, NOW + coarse.keptMs + 2 * fine.keptMs)).toBeGreaterThan(2);
  });

  it('counts what ended today, and goes on where it was', async () => {
    const { tally } = store.operations;
    await leader.tick(create(1, { state: 'running' }), queued(1, 0), queued(1, 1));
    const [line] = await store.journal({ limit: 1 });
    const at = line?.at ?? 0;
    expect(await tally.today(at)).toEqual({ completed: 0, failed: 0 });
    expect(await tally.active()).toBe(2);
    await leader.tick(succeeded(1, 0));
    expect(await tally.today(at)).toEqual({ completed: 1, failed: 0 });
    expect(await tally.today(at)).toEqual({ completed: 1, failed: 0 });
    expect(await tally.active()).toBe(1);
    expect(await tally.today(at + 86_400_000)).toEqual({ completed: 0, failed: 0 });
    expect(await tally.today(at)).toEqual({ completed: 1, failed: 0 });
  });

  it('keeps ad-hoc schedules as they are', async () => {
    const { schedules } = store.operations;
    const when = { kind: 'every', everyMs: 5_000 } as const;
    const plan = { when, params: { n: 1 }, scope: { until: ['a'] }, catchup: true, misfireGraceMs: 9 };
    const about = { scheduleId: 's', dagId: 'd', name: 'n', createdAt: NOW, createdBy: 'ann', maker: null };
    const made: AdHocSchedule = { ...about, plan, paused: false, cursorAt: NOW, last: null };
    await schedules.save(leader.lease, made);
    const last = { slotAt: NOW, runUid: 'u', error: null };
    const maker = { principal: 'account:ann', since: NOW };
    const later = { ...made, paused: true, cursorAt: NOW + 1, last, maker };
    await schedules.save(leader.lease, later);
    expect(await schedules.find('s')).toEqual(later);
    expect(await schedules.all()).toEqual([later]);
    await schedules.remove(leader.lease, 's');
    expect(await schedules.find('s')).toBe(null);
  });
});
