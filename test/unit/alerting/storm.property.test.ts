import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ALERT_GROUPINGS } from '../../../core/model/alert.ts';
import { MemoryDesk, MINUTE, rule, task } from './desk-in-memory.ts';

const DAGS = 4;
/** One rule tells at most so often in a minute that something is wrong, and so often that it is over. */
const PER_MINUTE = 5;

const failure = fc.record({
  at: fc.integer({ min: 0, max: 10 * MINUTE }),
  state: fc.constantFrom('failed', 'failed', 'failed', 'success'),
  dagId: fc.integer({ min: 1, max: DAGS }).map((no) => `dag${no}`),
  taskId: fc.integer({ min: 1, max: 30 }).map((no) => `task${no}`),
  runId: fc.integer({ min: 1, max: 9 }).map((no) => `r${no}`),
});

test('whatever happens, messages are few, what stays wrong is told, and state is bounded', () => {
  const storm = fc.record({
    events: fc.array(failure, { maxLength: 300 }),
    groupBy: fc.constantFrom(...ALERT_GROUPINGS),
    windowMs: fc.constantFrom(0, 1_000, 30_000),
    coolDownMs: fc.constantFrom(0, MINUTE, 30 * MINUTE),
  });
  fc.assert(
    fc.property(storm, ({ events, ...how }) => {
      const desk = new MemoryDesk(rule(how));
      for (const { at, state, ...of } of events.toSorted((a, b) => a.at - b.at))
        desk.look(at, task(at, state as 'failed', of));
      desk.look(2 * 60 * MINUTE);
      for (const state of ['open', 'resolved'] as const) {
        const times = desk.messages.filter((one) => one.state === state).map(({ at }) => Date.parse(at));
        for (const from of times) {
          const within = times.filter((at) => at >= from && at < from + MINUTE);
          expect(within.length).toBeLessThanOrEqual(PER_MINUTE);
        }
      }
      const open = [...(desk.last?.world.alerts.values() ?? [])];
      expect(open.filter(({ told, count }) => told !== count)).toEqual([]);
      expect(open.length).toBeLessThanOrEqual(DAGS * 30);
      const failing = new Map<string, string>();
      for (const { at: _, state, dagId, taskId } of events.toSorted((a, b) => a.at - b.at))
        failing.set(`${dagId}.${taskId}`, state);
      const expected = [...failing].filter(([, state]) => state === 'failed').map(([name]) => name);
      expect(open.map(({ fingerprint }) => fingerprint).sort()).toEqual(expected.sort());
    }),
    { numRuns: 60, seed: 20_261_128, endOnFailure: true },
  );
});

test('10,000 failures in ten minutes are a handful of messages, which count them all', () => {
  const desk = new MemoryDesk(rule({ groupBy: 'rule' }));
  for (let no = 0; no < 10_000; no++) {
    const of = { dagId: `dag${no % 50}`, taskId: `task${no % 40}`, runId: `r${no}` };
    desk.look(no * 60, task(no * 60, 'failed', of));
  }
  desk.look(60 * MINUTE);
  expect(desk.messages.length).toBeLessThanOrEqual(3);
  const alerts = [...(desk.last?.world.alerts.values() ?? [])];
  expect(alerts.reduce((sum, { told }) => sum + told, 0)).toBe(10_000);
});
