import { describe, expect, it } from 'vitest';
import type { Action } from '../../../core/model/action.ts';
import type { RunRecord } from '../../../core/model/run.ts';
import type { RunState } from '../../../core/model/states.ts';
import type { Store } from '../../../core/store/store.ts';
import { databases, type StorePlace } from './databases.ts';
import { create, Leader, queued, runNo, succeeded, T0, triggerOf, uidOf } from './fixture.ts';
import { useLedStore } from './led-store.ts';

const ended = (no: number, to: RunState, endedAt: number): Action => ({
  type: 'run.change',
  runNo: runNo(no),
  from: 'queued',
  to,
  code: 'leaves_succeeded',
  facts: null,
  endedAt,
  counts: { success: 1 },
});

describe.each(databases)('a purge on $name', ({ newPlace }) => {
  let place: StorePlace;
  let store: Store;
  let leader: Leader;

  useLedStore(newPlace, (led) => {
    ({ place, store, leader } = led);
  });

  /** A run with a task and everything that can be stored of it; it ends `no` seconds after the beginning. */
  async function run(no: number, state: RunState | null, fields: Partial<RunRecord> = {}): Promise<void> {
    const of = { runNo: runNo(no), nodeNo: queued(no, 0).nodeNo, tryNo: 1 as never };
    await leader.tick(create(no, fields), queued(no, 0));
    if (state === null) return;
    await leader.tick(
      { type: 'output', ...of, output: { json: '1' } } as Action,
      succeeded(no, 0),
      { type: 'metric', ...of, name: 'rows', value: 1, at: T0 } as Action,
      ended(no, state, T0 + no * 1_000),
    );
  }

  const purge = (before: number, keep: number) =>
    store.purgeRuns(leader.lease, 'prices', { endedBefore: T0 + before * 1_000, keep });
  const left = async (): Promise<number[]> => (await store.runs({})).map((one) => one.runNo);

  it('takes finished runs that are old enough, with everything of theirs, and says which', async () => {
    for (const no of [1, 2, 3, 4]) await run(no, 'success');
    expect(await purge(3, 1)).toEqual([1, 2]);
    expect(await left()).toEqual([4, 3]);
    expect(await store.instances(runNo(1))).toEqual([]);
    expect(await store.metrics(runNo(2))).toEqual([]);
    expect((await store.outputs(runNo(1))).size).toBe(0);
    expect(await store.journal({ runNo: runNo(1) })).toEqual([]);
    expect((await store.journal({ runNo: runNo(3) })).length).toBeGreaterThan(0);
    expect(await purge(3, 1)).toEqual([]);
    expect(await store.loadRun(runNo(1))).toBeNull();
  });

  it('keeps the newest ones, the last success, and what an unfinished run takes inputs from', async () => {
    await run(1, 'failed');
    await run(2, 'success');
    await run(3, 'success');
    for (const no of [4, 5, 6]) await run(no, 'failed');
    await run(7, null, { inputsFrom: runNo(2) });
    expect(await purge(100, 2)).toEqual([1, 4]);
    expect(await left()).toEqual([7, 6, 5, 3, 2]);
    await leader.tick(succeeded(7, 0), ended(7, 'cancelled', T0 + 7_000));
    expect(await purge(100, 2)).toEqual([2, 5]);
    expect(await purge(100, 100)).toEqual([]);
  });

  it('goes in steps through runs of many tasks', async () => {
    for (const no of [1, 2, 3, 4, 5]) {
      await leader.tick(create(no));
      const counts = { success: 1_500 };
      await leader.tick({ ...ended(no, 'success', T0 + no), counts } as Action);
    }
    expect(await purge(100, 1)).toEqual([1, 2]);
    expect(await purge(100, 1)).toEqual([3, 4]);
    expect(await purge(100, 1)).toEqual([]);
  });

  it('takes requests that were answered long ago', async () => {
    const old = await store.ask(triggerOf(uidOf(1)), T0);
    const open = await store.ask(triggerOf(uidOf(2)), T0);
    await leader.tick({ type: 'answer', inboxId: old, answer: { ok: true, value: {} } });
    expect(await store.purgeRequests(leader.lease, T0)).toBe(0);
    expect(await store.purgeRequests(leader.lease, T0 + 1_000_000)).toBe(1);
    expect(await store.answer(old)).toBeNull();
    expect((await store.pendingRequests()).map(({ inboxId }) => inboxId)).toEqual([open]);
  });

  it('is for the leader alone', async () => {
    await run(1, 'success');
    await run(2, 'success');
    await place.freeLead();
    await Leader.of(await place.open());
    await expect(purge(100, 1)).rejects.toThrow('Another process has taken the lead');
    expect(await left()).toEqual([2, 1]);
  });
});
