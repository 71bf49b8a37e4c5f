import { expect, test } from 'vitest';
import type { DagSpec } from '../../core/model/dag.ts';
import type { RunNo } from '../../core/model/ids.ts';
import { entryOf } from '../../core/scheduler/dag-entry.ts';
import { silentLeader } from './silent-leader.ts';

const HOUR = 3_600_000;
const T0 = Date.UTC(2026, 10, 26, 9);

/** Due every hour, for that instant or for the hour before it. */
const hourly = (interval: boolean): DagSpec => ({
  v: 1,
  id: 'hourly',
  catchup: true,
  startAt: new Date(T0).toISOString(),
  schedule: [{ kind: 'cron', cron: '0 * * * *', ...(interval ? { interval } : {}) }],
  tasks: [{ path: 'a', action: { kind: 'shell', run: 'true' } }],
});

test('a slot about an instant that has a run since before an edit is left out', async () => {
  let [now, runNo] = [T0 + 1, 0];
  const led = await silentLeader(undefined, { clock: { now: () => now, mono: () => now } });
  const { leader, store, keep } = led;
  leader.schedule(() => ++runNo as RunNo, []);
  const look = async (spec: DagSpec, isRescheduled: boolean): Promise<void> => {
    const version = await keep(spec);
    const record = await store.dag(spec.id);
    if (record) leader.dagSeen(entryOf(version, record), version, isRescheduled);
  };
  leader.onForgotten = () => void look(hourly(true), true);
  await look(hourly(false), false);
  await led.until(() => leader.runs.size === 1);
  now += 2 * HOUR;
  await look(hourly(true), true);
  await led.until(() => leader.runs.size === 2);
  const slots = [...(await store.slots({ dagId: 'hourly', limit: 10 }))].reverse();
  expect(slots.map(({ firstAt, disposition, because }) => [firstAt, disposition, because.code])).toEqual([
    [T0, 'run', 'scheduled'],
    [T0 + HOUR, 'skipped', 'slot_taken'],
    [T0 + 2 * HOUR, 'run', 'scheduled'],
  ]);
  const runs = await store.runs({ dagId: 'hourly', limit: 10 });
  expect(runs.map(({ logicalAt }) => logicalAt).sort()).toEqual([T0, T0 + HOUR]);
});
