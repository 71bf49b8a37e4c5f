import { expect, test } from 'vitest';
import { healthOf, readLoop, SILENT_MAX_MS } from '../../../core/scheduler/health.ts';
import { thisHolder } from '../../../core/store/holder.ts';
import type { LeaderRecord } from '../../../core/store/holder-record.ts';

const leader = (silentMs: number): LeaderRecord => ({
  epoch: 3,
  pid: process.pid,
  host: 'elsewhere',
  bootId: 'b',
  pidSpace: 'p',
  since: 0,
  silentMs,
});

test('a loop is well while it writes and answers, whatever its process looks like', () => {
  expect(healthOf({ leader: null, oldestRequestMs: null })).toEqual({ state: 'no leader' });
  expect(healthOf({ leader: leader(SILENT_MAX_MS), oldestRequestMs: null })).toEqual({
    state: 'ok',
    silentMs: SILENT_MAX_MS,
  });
  expect(healthOf({ leader: leader(SILENT_MAX_MS + 1), oldestRequestMs: null })).toEqual({
    state: 'stalled',
    why: 'silent',
    ms: SILENT_MAX_MS + 1,
  });
  expect(healthOf({ leader: leader(5), oldestRequestMs: SILENT_MAX_MS + 1 })).toEqual({
    state: 'stalled',
    why: 'deaf',
    ms: SILENT_MAX_MS + 1,
  });
});

const CLOCK = { now: () => 90_000, mono: () => 0 };
const HERE: LeaderRecord = { ...JSON.parse(thisHolder(CLOCK)), epoch: 1, silentMs: 1 };
const loopOf = (record: LeaderRecord | null) => {
  const pendingRequests = async () => [{ inboxId: 1, createdAt: 20_000, request: null as never }];
  return readLoop({ leader: async () => record, pendingRequests }, CLOCK);
};

test('how long the oldest request has waited is that of a leader', async () => {
  expect(await loopOf(HERE)).toEqual({ leader: HERE, oldestRequestMs: 70_000 });
  expect(await loopOf(null)).toEqual({ leader: null, oldestRequestMs: null });
});

// Skipped where the system tells no start of the machine: nothing is known of its processes then.
test.skipIf(HERE.bootId === '')('a leader that died on this machine is none', async () => {
  // No process has this number: Linux gives none above 2^22.
  expect(await loopOf({ ...HERE, pid: 2 ** 22 + 1 })).toEqual({ leader: null, oldestRequestMs: null });
});
