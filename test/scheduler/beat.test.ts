import { expect, test } from 'vitest';
import { silentLeader } from './silent-leader.ts';

test('a leader says that it gets on although nothing happens, and writes nothing', async () => {
  const ticks: unknown[] = [];
  const led = await silentLeader(
    (tick, write) => {
      ticks.push(tick);
      return write();
    },
    { beatMs: 20 },
  );
  await new Promise<void>((resolve) => {
    let beats = 0;
    led.lease.beat = () => ++beats === 3 && resolve();
  });
  expect(ticks).toEqual([]);
});

test('a leader whose store does not answer gives no sign', async () => {
  let isAway = true;
  const refused = Promise.withResolvers<void>();
  let refusals = 0;
  const led = await silentLeader(
    (_, write) => {
      if (!isAway) return write();
      if (++refusals === 3) refused.resolve();
      return { ok: false, why: 'retry', error: new Error('busy') };
    },
    { beatMs: 1 },
  );
  let beats = 0;
  led.lease.beat = () => ++beats;
  const started = led.start(1, {
    v: 1,
    id: 'one',
    tasks: [{ path: 'a', action: { kind: 'shell', run: 'true' } }],
  });
  await refused.promise;
  const before = beats;
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(beats).toBe(before);
  isAway = false;
  await started;
  expect(beats).toBeGreaterThan(before);
});
