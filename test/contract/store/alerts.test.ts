import { describe, expect, test } from 'vitest';
import type { LiveAlert } from '../../../core/alerting/alert-world.ts';
import type { Action } from '../../../core/model/action.ts';
import type { AlertMessage } from '../../../core/model/alert.ts';
import type { AlertChanges } from '../../../core/store/alert-scripts.ts';
import type { Store } from '../../../core/store/store.ts';
import { databases, type StorePlace } from './databases.ts';
import { create, Leader, queued, runNo, succeeded, T0, uidOf } from './fixture.ts';
import { useLedStore } from './led-store.ts';

const ALERT: LiveAlert = {
  alertId: uidOf(1),
  rule: 'broken',
  level: 'error',
  type: 'task_failure',
  fingerprint: 'prices.extract',
  group: 'prices',
  title: 'Task extract of prices failed',
  message: 'with a \0 in it',
  details: { failing: ['extract'] },
  count: 1,
  told: 0,
  firstSeenAt: T0,
  lastSeenAt: T0,
  state: 'open',
  isClosing: false,
  acknowledgedBy: null,
  acknowledgedAt: null,
  resolvedAt: null,
  dagId: 'prices',
  taskId: 'extract',
  runId: uidOf(7),
};
const MESSAGE = { id: uidOf(2), title: 'a', text: 'b' } as unknown as AlertMessage;
const GROUP = { rule: 'broken', group: 'prices', sentAt: T0, dueAt: null, recoverAt: null };
const stored = { ...ALERT, message: 'with a \uFFFD in it' };

describe.each(databases)('alerts, on $name', ({ newPlace }) => {
  let place: StorePlace;
  let store: Store;
  let leader: Leader;
  useLedStore(newPlace, (led) => {
    ({ place, store, leader } = led);
  });
  const record = (alerts: readonly LiveAlert[], more: Partial<AlertChanges['decision']> = {}, seq = 5) =>
    store.alerts.record(leader.lease, {
      decision: { alerts, groups: [], goneGroups: [], ...more },
      deliveries: alerts.map(() => ({ channel: 'ops', message: MESSAGE })),
      seq,
      at: T0,
    });
  const live = async () => (await store.alerts.live()).alerts;

  test('a decision is stored with its messages and how far the journal was read', async () => {
    expect(await store.alerts.cursor()).toBeNull();
    await record([ALERT], { groups: [GROUP] });
    expect(await store.alerts.live()).toEqual({ alerts: [stored], groups: [GROUP] });
    expect(await store.alerts.cursor()).toBe(5);
    const [delivery] = await store.alerts.openDeliveries('ops', 10);
    expect(delivery).toMatchObject({
      channel: 'ops',
      message: MESSAGE,
      state: 'waiting',
      tries: 0,
      dueAt: T0,
    });
    await record([{ ...ALERT, count: 2, told: 1 }], { groups: [{ ...GROUP, dueAt: 9 }] }, 6);
    await record([], { goneGroups: [GROUP] }, 7);
    expect(await store.alerts.live()).toMatchObject({ alerts: [{ count: 2, told: 1 }], groups: [] });
    await store.alerts.forgetCursor(leader.lease);
    expect(await store.alerts.cursor()).toBeNull();
  });

  test('a leader that was replaced stores nothing', async () => {
    const { lease } = leader;
    const other = await place.open();
    await lease.release();
    const next = await Leader.of(other);
    await expect(record([ALERT])).rejects.toMatchObject({ code: 'unavailable' });
    expect([await other.alerts.openChannels(), await other.alerts.cursor()]).toEqual([[], null]);
    await next.lease.release();
  });

  test('an alert lives until its end is told; then there may be another one like it', async () => {
    const over = { ...ALERT, state: 'resolved', resolvedAt: T0 + 1 } as const;
    await record([{ ...over, told: 1, isClosing: true }]);
    expect(await live()).toMatchObject([{ state: 'resolved', isClosing: true }]);
    const again = { ...ALERT, alertId: uidOf(3) };
    await record([again, over]);
    expect((await live()).map(({ alertId }) => alertId)).toEqual([uidOf(3)]);
    expect(await store.alerts.counts()).toEqual([
      { rule: 'broken', level: 'error', dagId: 'prices', state: 'open', count: 1 },
    ]);
  });

  test('whoever takes care is kept, whatever the leader writes, and once', async () => {
    await record([ALERT]);
    const { alerts } = store;
    expect([
      await alerts.acknowledge(uidOf(1), 'ann', 9),
      await alerts.acknowledge(uidOf(1), 'bob', 10),
    ]).toEqual([true, false]);
    await record([{ ...ALERT, count: 2 }]);
    const who = { state: 'acknowledged', acknowledgedBy: 'ann', acknowledgedAt: 9, count: 2 };
    expect(await alerts.alert(uidOf(1))).toMatchObject(who);
    expect([...(await alerts.acknowledged())]).toEqual([uidOf(1)]);
    expect(await alerts.counts()).toMatchObject([{ state: 'acknowledged', count: 1 }]);
  });

  test('alerts are found by what they are, newest first', async () => {
    await record([
      ALERT,
      { ...ALERT, alertId: uidOf(2), rule: 'disk', level: 'critical', type: 'resource', dagId: null },
      { ...ALERT, alertId: uidOf(3), fingerprint: 'x', state: 'resolved', resolvedAt: 3, dagId: 'other' },
    ]);
    const find = async (filter: object) =>
      (await store.alerts.alerts({ limit: 10, ...filter })).map(({ alertId }) => Number(alertId.slice(-1)));
    expect(await find({})).toEqual([3, 2, 1]);
    expect(await find({ limit: 1, before: uidOf(3) })).toEqual([2]);
    expect(await find({ levels: ['critical'] })).toEqual([2]);
    expect(await find({ states: ['open'] })).toEqual([2, 1]);
    expect(await find({ states: ['acknowledged', 'resolved'] })).toEqual([3]);
    expect(await find({ rule: 'broken', dagIds: ['prices'] })).toEqual([1]);
    expect(await find({ dagIds: ['other', 'prices', 'none'], limit: 2 })).toEqual([3, 1]);
    expect(await find({ dagIds: ['other', 'prices'], levels: ['error'], before: uidOf(3) })).toEqual([1]);
    expect(await find({ levels: ['critical', 'error'], states: ['open', 'resolved'] })).toEqual([3, 2, 1]);
    expect(await find({ levels: [] })).toEqual([]);
    const many = Array.from({ length: 60 }, (_, at) => `dag${at}`);
    expect(await find({ dagIds: [...many, 'other'], rule: 'broken' })).toEqual([3]);
    expect((await store.alerts.byPrefix(uidOf(2).slice(0, 8))).length).toBe(3);
  });

  test('mutes hold until they end or are taken back', async () => {
    const mute = { muteId: 'm1', rule: null, dagId: 'prices', reason: 'r', createdBy: 'ann', createdAt: 1 };
    await store.alerts.saveMute({ ...mute, until: 10 });
    await store.alerts.saveMute({ ...mute, muteId: 'm2', until: null });
    expect((await store.alerts.mutes(9)).map(({ muteId }) => muteId)).toEqual(['m1', 'm2']);
    expect(await store.alerts.mutes(10)).toEqual([{ ...mute, muteId: 'm2', until: null }]);
    expect([await store.alerts.removeMute('m2'), await store.alerts.removeMute('m2')]).toEqual([true, false]);
  });

  test('a try is kept, and what is old is deleted', async () => {
    await record([{ ...ALERT, state: 'resolved', resolvedAt: T0 }]);
    const [one] = await store.alerts.openDeliveries('ops', 1);
    if (one === undefined) throw new Error('no delivery');
    await store.alerts.saveDelivery(leader.lease, { ...one, tries: 1, dueAt: T0 + 9, error: 'status 500' });
    expect(await store.alerts.openDeliveries('else', 9)).toEqual([]);
    expect(await store.alerts.openChannels()).toEqual(['ops']);
    expect(await store.alerts.openDeliveries('ops', 9)).toMatchObject([
      { tries: 1, dueAt: T0 + 9, error: 'status 500' },
    ]);
    await store.alerts.saveDelivery(leader.lease, { ...one, state: 'success', tries: 2, endedAt: T0 + 9 });
    expect(await store.alerts.deliveryCounts()).toEqual([{ channel: 'ops', state: 'success', count: 1 }]);
    expect(await store.alerts.undelivered('ops')).toEqual({ waiting: 0, failed: 0 });
    expect(await store.alerts.deliveries('ops', 9)).toHaveLength(1);
    expect(await store.alerts.deliveries('else', 9)).toEqual([]);
    expect(await store.alerts.purge(leader.lease, T0)).toBe(0);
    expect(await store.alerts.purge(leader.lease, T0 + 10)).toBe(2);
    expect([await store.alerts.deliveries('ops', 9), await store.alerts.alert(uidOf(1))]).toEqual([[], null]);
  });

  test('the lines that rules look at are ends of tasks and runs, and notes of deadlines', async () => {
    await leader.tick(create(1), queued(1, 0));
    const from = await store.live.lastSeq();
    const note = { type: 'note', runNo: runNo(1), nodeNo: null, tryNo: null } as const;
    await leader.tick(
      succeeded(1, 0),
      { ...note, code: 'memory_stale', facts: null },
      { ...note, code: 'quarantined', facts: { error: 'x' } },
      {
        ...{ type: 'run.change', runNo: runNo(1), from: 'queued', to: 'failed', code: 'leaf_failed' },
        ...{ facts: { task: 'extract', state: 'failed' }, endedAt: T0, counts: {} },
      } as Action,
    );
    const lines = await store.alerts.lines(from, await store.live.lastSeq(), 100);
    expect(lines.map(({ nodeNo, to, because, dagId }) => [nodeNo, to, because.code, dagId])).toEqual([
      [0, 'success', 'succeeded', 'prices'],
      [null, 'note', 'quarantined', 'prices'],
      [null, 'failed', 'leaf_failed', 'prices'],
    ]);
    expect(lines[0]).toMatchObject({ runUid: uidOf(1), durationMs: expect.anything() });
    expect((await store.alerts.lines(from, from + 1, 100)).length).toBe(1);
  });
});
