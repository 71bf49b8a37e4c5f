import { expect, test } from 'vitest';
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
  });
  expect(givenAtLoad).toEqual([0, 0, 0]);
  expect(given.map((one) => one.kind === 'adopt' && one.run.record.runNo)).toEqual([1 as RunNo, 3 as RunNo]);
  expect(faults).toEqual([2]);
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
