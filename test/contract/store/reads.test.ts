import { describe, expect, it } from 'vitest';
import { violationText } from '../../../core/model/violation.ts';
import type { Store } from '../../../core/store/store.ts';
import { databases, type StorePlace } from './databases.ts';
import {
  create,
  type Leader,
  nodeNo,
  queued,
  runNo,
  succeeded,
  T0,
  triggerOf,
  uidOf,
  versionOf,
} from './fixture.ts';
import { useLedStore } from './led-store.ts';

describe.each(databases)('reads and requests on $name', ({ newPlace }) => {
  let place: StorePlace;
  let store: Store;
  let leader: Leader;
  useLedStore(
    newPlace,
    (led) => {
      ({ place, store, leader } = led);
    },
    'damaged',
  );

  describe('runs', () => {
    it('filters by DAG, state, time and number, newest first', async () => {
      await store.saveVersion(leader.lease, versionOf('other'));
      await leader.tick(
        create(1, { createdAt: T0 }),
        create(2, { createdAt: T0 + 1, state: 'running', startedAt: T0 + 1 }),
        create(3, { createdAt: T0 + 2, state: 'failed', endedAt: T0 + 3 }),
        create(4, { createdAt: T0 + 3, dagId: 'other', versionNo: 2 as never }),
      );
      const numbers = async (filter: Parameters<Store['runs']>[0]) =>
        (await store.runs(filter)).map((run) => run.runNo);
      expect(await numbers({})).toEqual([4, 3, 2, 1]);
      expect(await numbers({ dagId: 'prices', limit: 2 })).toEqual([3, 2]);
      expect(await numbers({ states: ['failed', 'running'] })).toEqual([3, 2]);
      expect(await numbers({ states: [] })).toEqual([]);
      expect(await numbers({ since: T0 + 2 })).toEqual([4, 3]);
      expect(await numbers({ before: runNo(3), dagId: 'prices' })).toEqual([2, 1]);
      expect((await store.unfinishedRuns()).map((run) => run.runNo)).toEqual([1, 2, 4]);
    });

    it('finds runs by the beginning of their id', async () => {
      await leader.tick(...Array.from({ length: 12 }, (_, index) => create(index + 1)));
      expect((await store.runsByUid(uidOf(3))).map((run) => run.runNo)).toEqual([3]);
      expect((await store.runsByUid(uidOf(3).toUpperCase())).map((run) => run.runNo)).toEqual([3]);
      expect(await store.runsByUid(uidOf(1).slice(0, 8))).toHaveLength(10);
      expect(await store.runsByUid('019')).toEqual([]);
      expect(await store.runsByUid('0198%')).toEqual([]);
      expect(await store.runsByUid(uidOf(99))).toEqual([]);
    });

    it('finds runs by the last part of their id, or the beginning of it', async () => {
      const create18 = Array.from({ length: 18 }, (_, index) => create(index + 1));
      await leader.tick(...create18);
      expect((await store.runsByUid('00000000000C')).map((run) => run.runNo)).toEqual([12]);
      expect((await store.runsByUid('00000000001')).map((run) => run.runNo)).toEqual([18, 17, 16]);
      expect(await store.runsByUid('000')).toEqual([]);
      expect(await store.runsByUid('00000000000_')).toEqual([]);
      expect(await store.runsByUid('0000000000012')).toEqual([]);
    });

    it('loads a run with all that belongs to it', async () => {
      const expansion = {
        runNo: runNo(1),
        base: nodeNo(10),
        fanOut: 0,
        parentBase: nodeNo(0),
        keys: ['A'],
        items: null,
        gone: [],
      };
      await leader.tick(create(1), create(2), queued(1, 3), queued(1, 1), queued(2, 1), {
        type: 'expand',
        expansion,
        keys: 1,
      });
      await leader.tick(succeeded(1, 3));
      const loaded = await store.loadRun(runNo(1));
      expect(loaded?.run.runNo).toBe(1);
      expect(loaded?.version).toEqual({ ...versionOf('prices'), versionNo: 1 });
      expect(loaded?.expansions).toEqual([expansion]);
      expect(loaded?.instances.map(({ nodeNo: node, state }) => [node, state])).toEqual([
        [1, 'queued'],
        [3, 'success'],
      ]);
      expect(await store.loadRun(runNo(9))).toBeNull();
      expect(await store.run(runNo(9))).toBeNull();
      expect(await store.version(9 as never)).toBeNull();
      expect(await store.dag('nobody')).toBeNull();
    });

    it('lists runs that were set aside until something happens in them again', async () => {
      const facts = { error: 'no' };
      const aside = { type: 'note', nodeNo: null, tryNo: null, code: 'quarantined', facts } as const;
      await leader.tick(create(1), create(2), create(3, { state: 'failed', endedAt: T0 }));
      await leader.tick(...[1, 2, 3].map((run) => ({ ...aside, runNo: runNo(run) })));
      await leader.tick(queued(2, 1));
      const found = await store.setAsideRuns();
      expect(found).toMatchObject([{ run: { runNo: 1, dagId: 'prices' }, epoch: leader.lease.epoch }]);
      expect(found[0]?.because.text).toBe('The run was set aside after an internal error: no');
    });

    it('reads while commits go on', async () => {
      await leader.tick(create(1, { state: 'running' }));
      const loads: Promise<unknown>[] = [];
      for (let node = 1; node <= 40; node += 1) {
        loads.push(
          store.loadRun(runNo(1)),
          store.saveVersion(leader.lease, versionOf('prices', `h${node % 3}`)),
        );
        await leader.tick(queued(1, node));
      }
      await Promise.all(loads);
      expect(await store.instances(runNo(1))).toHaveLength(40);
    });
  });

  describe('requests', () => {
    it('are pending until the leader answers them in a tick', async () => {
      const asker = await place.open();
      const cancel = { type: 'cancel', runUid: uidOf(1), by: 'ada' } as const;
      const first = await asker.ask(triggerOf(uidOf(1)), T0);
      const second = await asker.ask(cancel, T0 + 1);
      expect(await store.pendingRequests()).toEqual([
        { inboxId: first, request: triggerOf(uidOf(1)), createdAt: T0 },
        { inboxId: second, request: cancel, createdAt: T0 + 1 },
      ]);
      expect(await asker.answer(first)).toBeNull();
      await leader.tick(create(1), {
        type: 'answer',
        inboxId: first,
        answer: { ok: true, value: { runNo: 1 } },
      });
      expect((await store.pendingRequests()).map(({ inboxId }) => inboxId)).toEqual([second]);
      expect(await asker.answer(first)).toEqual({ ok: true, value: { runNo: 1 } });
      expect(await asker.answer(999)).toBeNull();
    });

    it('that cannot be read are told as such, and cost no other', async () => {
      const ids = [await store.ask('no request' as never, T0), await store.ask({} as never, T0)];
      const first = await store.ask(triggerOf(uidOf(1)), T0);
      expect(await store.pendingRequests()).toEqual([
        ...ids.map((inboxId) => ({ inboxId, request: { type: 'unreadable' }, createdAt: T0 })),
        { inboxId: first, request: triggerOf(uidOf(1)), createdAt: T0 },
      ]);
    });

    it('give one number to triggers with one run id, answered or not', async () => {
      const ids = await Promise.all(
        [1, 2, 3].map(async () => (await place.open()).ask(triggerOf(uidOf(5)), T0)),
      );
      expect(new Set(ids).size).toBe(1);
      const [id = 0] = ids;
      await leader.tick({
        type: 'answer',
        inboxId: id,
        answer: { ok: false, code: 'conflict', message: 'no' },
      });
      expect(await store.ask(triggerOf(uidOf(5)), T0 + 9)).toBe(id);
      expect(await store.pendingRequests()).toEqual([]);
      const cancel = { type: 'cancel', runUid: uidOf(5), by: 'ada' } as const;
      expect(await store.ask(cancel, T0)).not.toBe(await store.ask(cancel, T0));
    });

    it('are answered once: a second answer is stale and writes nothing', async () => {
      const id = await store.ask(triggerOf(uidOf(1)), T0);
      const answer = { type: 'answer', inboxId: id, answer: { ok: true, value: 1 } } as const;
      await leader.tick(answer);
      expect(await leader.try(create(1), answer)).toEqual({
        ok: false,
        why: 'stale',
        runs: [],
        requests: [id],
        dags: [],
      });
      expect(await store.run(runNo(1))).toBeNull();
    });
  });

  it('says what is wrong with stored data', async () => {
    await leader.tick(create(1, { state: 'running' }), queued(1, 1), queued(1, 2));
    expect(await store.checkIntegrity()).toEqual([]);
    await place.execute('update task_instance set try_no = 2 where node_no = 1');
    await place.execute('update task_instance set run_no = 8 where node_no = 2');
    const found = await store.checkIntegrity();
    expect(found.map(violationText)).toEqual([
      '1 times: task instances belong to no run.',
      '1 times: task instances differ from their last line in the journal.',
    ]);
    expect(found[1]?.rows).toEqual([
      {
        ...{ dagId: 'prices', runNo: 1, runUid: uidOf(1), nodeNo: 1, tryNo: null, slotAt: null },
        ...{ state: 'queued', attempt: 2, journalState: 'queued', journalAttempt: 1 },
      },
    ]);
  });
});
