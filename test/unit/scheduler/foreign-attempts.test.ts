import { afterEach, expect, test, vi } from 'vitest';
import { compileGraph } from '../../../core/graph/graph.ts';
import type { AttemptEvent } from '../../../core/model/attempt.ts';
import type { RunNo } from '../../../core/model/ids.ts';
import { S } from '../../../core/model/states.ts';
import { loadRun } from '../../../core/planner/load.ts';
import type { RunWorld } from '../../../core/planner/run-world.ts';
import { ForeignAttempts } from '../../../core/scheduler/foreign-attempts.ts';
import { runOf } from '../../contract/store/fixture.ts';

const PASS = { action: { kind: 'shell', run: 'true' } } as const;
const CLOCK = { now: () => Date.now(), mono: () => performance.now() };

/** A run with one attempt under way, one handed over, one that is over and one that is to come. */
function halfway(): RunWorld {
  const tasks = ['a', 'b', 'c', 'd'].map((path) => ({ path, ...PASS }));
  const graph = compileGraph({ v: 1, id: 'half', tasks });
  const record = runOf(7 as RunNo, { dagId: 'half' });
  const run = loadRun(
    { run: record, expansions: [], instances: [] },
    graph,
    new Uint8Array(graph.size).fill(1),
  );
  run.state.set([S.running, S.queued, S.success, S.none]);
  run.tryNo.set([2, 1, 1, 0]);
  run.startedAt[0] = 500;
  return run;
}

function watched(heldOverMs: number) {
  const told: AttemptEvent[] = [];
  const live = new Set<string>();
  const foreign = new ForeignAttempts(heldOverMs, { clock: CLOCK, live, tell: (event) => told.push(event) });
  return { told, live, foreign };
}

const adopt = (run: RunWorld) => ({ inboxId: null, kind: 'adopt', run }) as const;

afterEach(() => vi.useRealTimers());

test('attempts out of sight count as running until they must have ended, and are lost then', () => {
  vi.useFakeTimers();
  const { told, live, foreign } = watched(12_000);
  const spared = foreign.spare(adopt(halfway()));
  expect(spared).toMatchObject({ kind: 'adopt', live: new Set(['7.0.2', '7.1.1']) });
  expect([...live]).toEqual(['7.0.2', '7.1.1']);
  vi.advanceTimersByTime(11_999);
  expect(told).toEqual([]);
  // One that ended otherwise, say because somebody marked it, is not told of again.
  live.delete('7.1.1');
  vi.advanceTimersByTime(100);
  expect(told).toMatchObject([
    { type: 'attempt.ended', attemptId: '7.0.2', startedAt: 500, outcome: { kind: 'lost' } },
  ]);
  expect(foreign.spare(adopt(halfway()))).toEqual(adopt(halfway()));
});

test('where what ran before can be seen, and for other requests, nothing is spared', () => {
  const seen = watched(0);
  const request = adopt(halfway());
  expect(seen.foreign.spare(request)).toBe(request);
  const unseen = watched(12_000);
  const known = { ...request, live: new Set<string>() };
  expect(unseen.foreign.spare(known)).toBe(known);
  expect([...unseen.live]).toEqual([]);
  unseen.foreign.close();
});

test('a leader that decides nothing any more is told nothing', () => {
  vi.useFakeTimers();
  const { told, foreign } = watched(1_000);
  foreign.spare(adopt(halfway()));
  foreign.close();
  vi.advanceTimersByTime(2_000);
  expect(told).toEqual([]);
});
