import { describe, expect, it } from 'vitest';
import type { Action } from '../../../core/model/action.ts';
import type { BackfillRecord } from '../../../core/model/backfill.ts';
import type { Store } from '../../../core/store/store.ts';
import { databases } from './databases.ts';
import { create, type Leader, queued, runNo, succeeded, T0 } from './fixture.ts';
import { useLedStore } from './led-store.ts';

const HOUR = 3_600_000;
const FIRST: BackfillRecord = {
  backfillNo: 7,
  dagId: 'prices',
  firstAt: T0,
  lastAt: T0 + 9 * HOUR,
  which: 'failed',
  reverse: true,
  scope: { until: ['extract'] },
  params: { region: 'eu' },
  maxActiveRuns: 3,
  state: 'running',
  cursorAt: null,
  slots: 10,
  decided: 0,
  spared: 0,
  createdAt: T0,
  createdBy: 'ann',
  endedAt: null,
};

const change = (from: BackfillRecord, to: Partial<BackfillRecord>): Action => ({
  type: 'backfill.change',
  from: { state: from.state, cursorAt: from.cursorAt },
  backfill: { ...from, ...to },
  code: null,
  facts: null,
});
const slotRun = (no: number, hour: number, trigger: 'schedule' | 'backfill', backfillNo?: number): Action =>
  create(no, {
    trigger,
    logicalAt: T0 + hour * HOUR,
    intervalStartAt: T0 + hour * HOUR,
    intervalEndAt: T0 + hour * HOUR,
    ...(backfillNo === undefined ? {} : { backfillNo }),
  });

describe.each(databases)('backfills on $name', ({ newPlace }) => {
  let store: Store;
  let leader: Leader;

  useLedStore(newPlace, (led) => {
    ({ store, leader } = led);
  });

  it('are kept as they are, and move from what is expected only', async () => {
    await leader.tick({ type: 'backfill.create', backfill: FIRST });
    expect(await store.backfill(7)).toEqual(FIRST);
    const next = { cursorAt: T0 + 9 * HOUR, decided: 1, spared: 1 };
    await leader.tick(change(FIRST, next));
    expect(await store.backfill(7)).toEqual({ ...FIRST, ...next });
    const stale = { ok: false, why: 'stale', dags: ['prices'] };
    expect(await leader.try(change(FIRST, { decided: 2 }))).toMatchObject(stale);
    expect(await leader.try({ type: 'backfill.create', backfill: FIRST })).toMatchObject(stale);
    const last = { ...FIRST, ...next };
    const paused = { ...last, state: 'paused' as const };
    await leader.tick(change(last, { state: 'paused' }), change(paused, { state: 'cancelled', endedAt: T0 }));
    expect(await store.backfill(7)).toMatchObject({ state: 'cancelled', endedAt: T0, decided: 1 });
    expect(await store.openBackfills()).toEqual([]);
    const numbers = async (filter: object) =>
      (await store.backfills({ limit: 5, ...filter })).map(({ backfillNo }) => backfillNo);
    expect(await numbers({})).toEqual([7]);
    expect([await numbers({ dagIds: ['prices'] }), await numbers({ dagIds: ['x', 'prices'] })]).toEqual([
      [7],
      [7],
    ]);
    expect([await numbers({ dagIds: [] }), await numbers({ before: 7 })]).toEqual([[], []]);
  });

  it('made and moved in one tick, in a line of the journal', async () => {
    await leader.tick(
      { type: 'backfill.create', backfill: FIRST },
      change(FIRST, { cursorAt: T0, decided: 1, spared: 1 }),
    );
    expect(await store.backfill(7)).toMatchObject({ cursorAt: T0, decided: 1 });
    const lines = (await store.journal({})).map(({ because }) => because.code);
    expect(lines).toContain('backfill_created');
  });

  it('give a slot no second run, whatever made the first', async () => {
    await leader.tick(slotRun(1, 0, 'schedule'), slotRun(2, 1, 'backfill', 7));
    expect(await leader.try(slotRun(3, 0, 'backfill', 7))).toMatchObject({ why: 'stale', runs: [3] });
    expect(await leader.try(slotRun(3, 1, 'schedule'))).toMatchObject({ why: 'stale', runs: [3] });
    expect(await leader.try(slotRun(3, 1, 'backfill', 8))).toMatchObject({ why: 'stale', runs: [3] });
    const found = await store.slotRuns('prices', T0, T0 + HOUR);
    expect(found.map((run) => [run.runNo, run.backfillNo])).toEqual([
      [1, undefined],
      [2, 7],
    ]);
    expect(await store.slotRuns('prices', T0 + 1, T0 + HOUR - 1)).toEqual([]);
    expect((await store.runBefore('prices', T0 + HOUR))?.runNo).toBe(1);
    expect((await store.runBefore('prices', T0 + HOUR + 1))?.runNo).toBe(2);
    expect(await store.runBefore('prices', T0)).toBeNull();
    expect(await store.scopesBefore('prices', T0)).toEqual([]);
    expect(await store.scopesBefore('prices', T0 + 2 * HOUR)).toEqual([
      { versionNo: found[0]?.versionNo, scope: found[0]?.scope },
    ]);
  });

  it('count their runs by state, those included that they have retried', async () => {
    await leader.tick({ type: 'backfill.create', backfill: FIRST });
    await leader.tick(slotRun(1, 0, 'schedule'), slotRun(2, 1, 'backfill', 7), queued(2, 0));
    const to = (no: number, more: Partial<Action>): Action =>
      ({
        type: 'run.change',
        runNo: runNo(no),
        from: 'queued',
        to: 'queued',
        code: 'backfilled',
        facts: null,
        ...more,
      }) as Action;
    await leader.tick(to(1, { backfillNo: 7 } as Partial<Action>));
    await leader.tick(
      succeeded(2, 0),
      to(2, { to: 'success', startedAt: T0, endedAt: T0 + 500 } as Partial<Action>),
    );
    expect(await store.backfillRuns(7)).toEqual([
      { state: 'queued', count: 1, spentMs: 0 },
      { state: 'success', count: 1, spentMs: 500 },
    ]);
    expect((await store.run(runNo(1)))?.backfillNo).toBe(7);
    await leader.tick(change(FIRST, { state: 'cancelled', endedAt: T0 }));
    expect((await store.openBackfills()).map(({ backfillNo }) => backfillNo)).toEqual([7]);
  });
});
