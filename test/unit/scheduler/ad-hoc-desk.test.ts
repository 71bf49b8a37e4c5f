import { expect, test } from 'vitest';
import { createLogger } from '../../../core/log/logger.ts';
import type { AdHocSchedule } from '../../../core/model/ad-hoc-schedule.ts';
import type { Because } from '../../../core/model/because.ts';
import { AdHocDesk } from '../../../core/scheduler/ad-hoc-desk.ts';
import { openStore } from '../../../core/store/open-store.ts';
import type { Lease, Store } from '../../../core/store/store.ts';

const MADE = Date.UTC(2026, 0, 1);
const MINUTE = 60_000;

function schedule(everyMs: number, maker: AdHocSchedule['maker'] = null): AdHocSchedule {
  const when = { kind: 'every', everyMs } as const;
  const plan = { when, params: {}, scope: {}, catchup: true, misfireGraceMs: null };
  const about = { scheduleId: 's1', dagId: 'one', name: 'often', paused: false, last: null };
  return { ...about, plan, cursorAt: MADE, createdAt: MADE, createdBy: 'ann', maker };
}

test('a slot has one run, although its leader died before it had stored that', async () => {
  let now = MADE;
  const clock = { now: () => now, mono: () => now };
  const store = await openStore({ kind: 'sqlite', path: ':memory:', durability: 'normal', clock });
  const lease = (await store.tryLead()) as Lease;
  const log = createLogger({ level: 'silent', to: 2 });
  const common = { lease, clock, log, isPaused: () => false, onRefused: () => {} };
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

test('the right of who made it counts at each slot; who resumes it takes it over', async () => {
  let now = MADE;
  const clock = { now: () => now, mono: () => now };
  const store = await openStore({ kind: 'sqlite', path: ':memory:', durability: 'normal', clock });
  const lease = (await store.tryLead()) as Lease;
  const log = createLogger({ level: 'silent', to: 2 });
  const grants = [{ dags: 'one', role: 'operator' }] as const;
  const made = { passwordHash: null, grants, disabled: false, createdAt: 1, createdBy: 'test' };
  const set = (name: string, disabled: boolean) =>
    store.accounts.changeAccount(name, () => ({ ...made, name, disabled }));
  await set('ann', true);
  await set('bob', false);
  const refusals: string[] = [];
  const onRefused = ({ text }: Because): void => void refusals.push(text);
  const desk = new AdHocDesk({
    store,
    lease,
    clock,
    log,
    isPaused: () => false,
    onRefused,
    onAsked: () => {},
  });
  const found = () => store.operations.schedules.find('s1');
  /** Lets the desk decide the next slot. */
  const decide = async (): Promise<void> => {
    now += MINUTE;
    await desk.open();
    await desk.close();
  };
  await store.operations.schedules.save(lease, schedule(MINUTE, { principal: 'account:ann', since: MADE }));

  await decide();
  await decide();
  expect(await store.pendingRequests()).toEqual([]);
  const why = expect.stringContaining('account ann, by whose right it runs, is disabled');
  const last = { slotAt: now, runUid: null, error: null, refused: { code: 'schedule_refused', text: why } };
  expect(await found()).toMatchObject({ cursorAt: now, last });
  expect(refusals).toEqual([why]);

  // It catches up, but not what was refused.
  await set('ann', false);
  await decide();
  expect(await store.pendingRequests()).toHaveLength(1);
  expect((await found())?.last).toMatchObject({ slotAt: now, error: null });

  const takeOver = () => desk.change('s1', 'active', 'account:bob');
  await takeOver();
  expect((await found())?.maker).toEqual({ principal: 'account:ann', since: MADE });
  await set('ann', true);
  await desk.change('s1', 'paused', 'account:bob');
  expect((await found())?.maker).toMatchObject({ principal: 'account:ann' });
  await takeOver();
  expect((await found())?.maker).toEqual({ principal: 'account:bob', since: now });
  await decide();
  expect(await store.pendingRequests()).toHaveLength(2);
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
