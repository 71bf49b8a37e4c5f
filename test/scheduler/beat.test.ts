import { expect, test } from 'vitest';
import { silentLeader } from './silent-leader.ts';

test('a leader writes that it gets on although nothing happens, and only then', async () => {
  const thrice = Promise.withResolvers<void>();
  const ticks: (readonly unknown[])[] = [];
  const led = await silentLeader(
    (tick, write) => {
      ticks.push(tick.actions);
      if (ticks.length === 3) thrice.resolve();
      return write();
    },
    { beatMs: 20 },
  );
  await thrice.promise;
  expect(ticks).toEqual([[], [], []]);
  expect((await led.store.counters()).tick).toBeGreaterThanOrEqual(2);
  expect(await led.store.journal({})).toEqual([]);
});

test('a leader that beats once a minute writes a run and no beat', async () => {
  const ticks: number[] = [];
  const led = await silentLeader(
    (tick, write) => {
      ticks.push(tick.actions.length);
      return write();
    },
    { beatMs: 60_000 },
  );
  await led.start(1, { v: 1, id: 'one', tasks: [{ path: 'a', action: { kind: 'shell', run: 'true' } }] });
  led.executor.end('1.0.1', { kind: 'success' });
  await led.until(() => !led.leader.runs.has(1));
  expect(ticks.length).toBeGreaterThan(0);
  expect(ticks).not.toContain(0);
});
