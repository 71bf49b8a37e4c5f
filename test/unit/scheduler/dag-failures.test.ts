import { expect, test } from 'vitest';
import type { RunRecord } from '../../../core/model/run.ts';
import { failuresOf } from '../../../core/scheduler/dag-entry.ts';
import type { RunFilter, Store, VersionRecord } from '../../../core/store/store.ts';

/** A store whose DAG has runs that ended in these states at 1, 2, 3... */
function storeWith(...states: RunRecord['state'][]): Store {
  const all = states.map((state, index) => ({ runNo: index + 1, state, endedAt: index + 1 })).reverse();
  const runs = async ({ states: wanted, limit }: RunFilter): Promise<unknown> =>
    all.filter(({ state }) => wanted?.includes(state)).slice(0, limit);
  return { runs } as unknown as Store;
}

const version = { dagId: 'd', spec: { pauseAfterFailures: 3 } } as unknown as VersionRecord;
const since = (sinceAt: number) => ({ paused: false, present: true, sinceAt, cursorAt: 0 });

test('a scheduler that starts counts what failed since the last success or unpausing', async () => {
  const stored = storeWith('failed', 'success', 'failed', 'cancelled', 'failed');
  expect(await failuresOf(stored, version, since(0))).toBe(2);
  expect(await failuresOf(stored, version, since(3))).toBe(1);
  expect(await failuresOf(storeWith('failed', 'failed'), version, since(0))).toBe(2);
  expect(await failuresOf(storeWith(), version, since(0))).toBe(0);
});
