import { expect, test } from 'vitest';
import { createLogger } from '../../../core/log/logger.ts';
import type { AdHocSchedule } from '../../../core/model/ad-hoc-schedule.ts';
import { AdHocDesk } from '../../../core/scheduler/ad-hoc-desk.ts';
import { openStore } from '../../../core/store/open-store.ts';
import type { Lease, Store } from '../../../core/store/store.ts';

const MADE = Date.UTC(2026, 0, 1);
const MINUTE = 60_000;

function schedule(everyMs: number): AdHocSchedule {
  const when = { kind: 'every', everyMs } as const;
  const plan = { when, params: {}, scope: {}, catchup: true, misfireGraceMs: null };
  const about = { scheduleId: 's1', dagId: 'one', name: 'often', paused: false, last: null };
  return { ...about, plan, cursorAt: MADE, createdAt: MADE, createdBy: 'ann' };
}

test('a slot has one run, although its leader died before it had stored that', async () => {
  let now = MADE;
  const clock = { now: () => now, mono: () => now };
  const store = await openStore({ kind: 'sqlite', path: ':memory:', durability: 'normal', clock });
  const lease = (await store.tryLead()) as Lease;
  const log = createLogger({ level: 'silent', to: 2 });
  const common = { lease, clock, log, isPaused: () => false };
  const asked = Promise.withResolvers<void>();
  const mortal = { ask: store.ask.bind(store), operations: dying(store) } as unknown as Store;
  const first = new AdHocDesk({ ...common, store: mortal, onAsked: asked.resolve });
  await store.operations.schedules.save(lease, schedule(MINUTE));
  now = MADE + MINUTE;
  await first.open();
  await asked.promise;
  await first.close();
  expect((await store.operations.schedules.find('s1'))?.cursorAt).toBe(MADE);

  now = MADE + 2 * MINUTE;
  let count = 0;
  const both = Promise.withResolvers<void>();
  const second = new AdHocDesk({ ...common, store, onAsked: () => ++count === 2 && both.resolve() });
  await second.open();
  await both.promise;
  await second.close();
  const requests = await store.pendingRequests();
  const ids = requests.map(({ request }) => (request.type === 'trigger' ? request.runUid : ''));
  expect(new Set(ids).size).toBe(2);
  expect(ids).toHaveLength(2);
  expect((await store.operations.schedules.find('s1'))?.cursorAt).toBe(MADE + 2 * MINUTE);
  await store.close();
});

/** Operations that keep nothing of a schedule any more. */
function dying({ operations }: Store): Store['operations'] {
  const schedules = {
    all: () => operations.schedules.all(),
    save: () => Promise.reject(new Error('the leader dies here')),
  };
  return { ...operations, schedules } as unknown as Store['operations'];
}
