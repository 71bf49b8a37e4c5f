import { describe, expect, it } from 'vitest';
import type { Store } from '../../../core/store/store.ts';
import { databases } from './databases.ts';
import { create, type Leader, nodeNo, runNo, T0, tryNo } from './fixture.ts';
import { useLedStore } from './led-store.ts';

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
