import { describe, expect, it } from 'vitest';
import type { AdHocSchedule } from '../../../core/model/ad-hoc-schedule.ts';
import type { Figures } from '../../../core/model/figures.ts';
import { HISTORY } from '../../../core/store/metric-history.ts';
import type { Store } from '../../../core/store/store.ts';
import { databases } from './databases.ts';
import { create, type Leader, queued, succeeded } from './fixture.ts';
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
    await leader.tick(create(1), queued(1, 0), queued(1, 1));
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
    const about = { scheduleId: 's', dagId: 'd', name: 'n', createdAt: NOW, createdBy: 'ann' };
    const made: AdHocSchedule = { ...about, plan, paused: false, cursorAt: NOW, last: null };
    await schedules.save(leader.lease, made);
    const last = { slotAt: NOW, runUid: 'u', error: null };
    const later = { ...made, paused: true, cursorAt: NOW + 1, last };
    await schedules.save(leader.lease, later);
    expect(await schedules.find('s')).toEqual(later);
    expect(await schedules.all()).toEqual([later]);
    await schedules.remove(leader.lease, 's');
    expect(await schedules.find('s')).toBe(null);
  });
});
