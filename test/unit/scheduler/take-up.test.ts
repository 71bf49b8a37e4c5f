import { expect, test, vi } from 'vitest';
import type { RunNo } from '../../../core/model/ids.ts';
import type { RunRecord } from '../../../core/model/run.ts';
import type { PlannedRequest } from '../../../core/planner/requests.ts';
import { InboxReader } from '../../../core/scheduler/inbox-reader.ts';
import type { Leader } from '../../../core/scheduler/leader.ts';
import type { LedRun } from '../../../core/scheduler/leader-options.ts';
import { takeUpRuns } from '../../../core/scheduler/take-up.ts';
import type { InboxRecord } from '../../../core/store/store.ts';

function listener() {
  const given: PlannedRequest[] = [];
  const leader = {
    generation: 0,
    world: { draining: false },
    request: (one: PlannedRequest) => given.push(one),
  };
  return { given, leader: leader as unknown as Leader };
}

test('a leader gets no run before all are read; one that cannot be read is told', async () => {
  const { given, leader } = listener();
  const givenAtLoad: number[] = [];
  const faults: number[] = [];
  await takeUpRuns(leader, {
    store: { unfinishedRuns: async () => [1, 2, 3].map((runNo) => ({ runNo }) as RunRecord) },
    load: async (runNo) => {
      givenAtLoad.push(given.length);
      if (runNo === 2) throw new Error('its rows are damaged');
      return { run: { record: { runNo } } } as LedRun;
    },
    onFault: (runNo) => faults.push(runNo),
    ready: () => undefined,
  });
  expect(givenAtLoad).toEqual([0, 0, 0]);
  expect(given.map((one) => one.kind === 'adopt' && one.run.record.runNo)).toEqual([1 as RunNo, 3 as RunNo]);
  expect(faults).toEqual([2]);
});

test('what comes after is kept waiting for what runs attempts, if there is a run to go on with', async () => {
  const { given, leader } = listener();
  const up = Promise.withResolvers<void>();
  const asked: number[] = [];
  const take = (runNos: readonly number[]) =>
    takeUpRuns(leader, {
      store: { unfinishedRuns: async () => runNos.map((runNo) => ({ runNo }) as RunRecord) },
      load: async (runNo) => ({ run: { record: { runNo } } }) as LedRun,
      onFault: () => {},
      ready: () => {
        asked.push(given.length);
        return up.promise;
      },
    });
  await take([]);
  expect(asked).toEqual([]);
  const order: string[] = [];
  const taking = take([1]).then(() => order.push('taken up'));
  await vi.waitFor(() => expect(asked).toEqual([1]));
  up.resolve();
  order.push('up');
  await taking;
  expect(order).toEqual(['up', 'taken up']);
});

test('no request is taken before the inbox is opened, and each is taken once', async () => {
  const { given, leader } = listener();
  const pending = [
    { inboxId: 1, request: {} },
    { inboxId: 2, request: {} },
  ] as InboxRecord[];
  const taken = Promise.withResolvers<void>();
  let reads = 0;
  const inbox = new InboxReader({
    store: {
      pendingRequests: async () => {
        reads++;
        return pending;
      },
    },
    leader,
    prepare: async ({ inboxId }) => ({ request: { inboxId, kind: 'handOver' } }),
    onError: taken.reject,
    onTaken: () => given.length === 2 && taken.resolve(),
  });
  inbox.look();
  expect(reads).toBe(0);
  inbox.open();
  inbox.look();
  await taken.promise;
  await inbox.close();
  expect(given.map(({ inboxId }) => inboxId)).toEqual([1, 2]);
});
