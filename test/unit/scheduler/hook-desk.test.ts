import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Executor } from '../../../core/executors/executor.ts';
import type { Logger } from '../../../core/log/logger.ts';
import type { AttemptEvent, AttemptOrder } from '../../../core/model/attempt.ts';
import type { HookJob, HookRecord, HookSpec } from '../../../core/model/hook.ts';
import type { RunNo } from '../../../core/model/ids.ts';
import { HookDesk } from '../../../core/scheduler/hook-desk.ts';
import type { Leader } from '../../../core/scheduler/leader.ts';
import type { Lease, Store } from '../../../core/store/store.ts';

const SPEC: HookSpec = { action: { kind: 'shell', run: 'true' }, retries: { max: 0 } };
const JOB = {
  runNo: 1 as RunNo,
  hookNo: 1,
  nodeNo: null,
  position: 0,
  createdAt: 0,
  event: {
    id: 'r.1',
    hook: 'onSuccess',
    dag: 'd',
    run: 'r',
    task: null,
    key: null,
    try: 0,
    state: 'success',
  },
} as unknown as HookJob;

const NO_SLOT = { trigger: 'manual', logicalAt: null, intervalStartAt: null, intervalEndAt: null };

/** A desk with one hook that is due, on a store that refuses the writes of these numbers. */
function deskOf(refused: readonly number[]) {
  const saved: HookRecord[] = [];
  const orders: AttemptOrder[] = [];
  let writes = 0;
  const store = {
    run: async () => ({ runNo: 1, uid: 'r', dagId: 'd', versionNo: 1, params: {}, ...NO_SLOT }),
    version: async () => ({ spec: { hooks: { onSuccess: [SPEC] } }, codeHash: 'c', file: 'dags/d.ts' }),
    saveHook: async (_: Lease, job: HookRecord) => {
      if (refused.includes(++writes)) throw new Error('the database is busy');
      saved.push(job);
    },
  };
  const desk = new HookDesk({
    store: store as unknown as Store,
    lease: {} as Lease,
    leader: { generation: 0, world: { dueHooks: [JOB] } } as unknown as Leader,
    executor: { submit: (order: AttemptOrder) => void orders.push(order) } as unknown as Executor,
    clock: { now: () => Date.now(), mono: () => 0 },
    stateDir: '/nowhere',
    memoryMb: null,
    traced: false,
    log: { warn: () => {} } as unknown as Logger,
    onChange: () => {},
  });
  const ends = (): void => {
    const attemptId = orders.at(-1)?.attemptId ?? '';
    desk.takes({
      type: 'attempt.ended',
      attemptId,
      startedAt: 0,
      at: 0,
      outcome: { kind: 'success' },
    } as AttemptEvent);
  };
  return { desk, saved, orders, ends };
}

describe('a hook', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test('that ended while its store takes nothing is over once it does', async () => {
    const { desk, saved, orders, ends } = deskOf([2, 3]);
    desk.look();
    await vi.advanceTimersByTimeAsync(0);
    ends();
    await vi.advanceTimersByTimeAsync(1_500);
    expect(saved.map(({ state }) => state)).toEqual(['running']);
    await vi.advanceTimersByTimeAsync(1_500);
    expect([saved.map(({ state }) => state), orders.length]).toEqual([['running', 'success'], 1]);
  });

  test('whose start is not stored has not been tried', async () => {
    const { desk, saved, orders, ends } = deskOf([1]);
    desk.look();
    await vi.advanceTimersByTimeAsync(0);
    expect(orders).toEqual([]);
    await vi.advanceTimersByTimeAsync(1_500);
    ends();
    await vi.advanceTimersByTimeAsync(0);
    expect(saved.map(({ state, tries }) => [state, tries])).toEqual([
      ['running', 1],
      ['success', 1],
    ]);
  });
});
