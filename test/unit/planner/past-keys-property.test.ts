import fc from 'fast-check';
import { expect, test } from 'vitest';
import { S } from '../../../core/model/states.ts';
import type { RunWorld } from '../../../core/planner/run-world.ts';
import { tries } from '../../tries.ts';
import { dagOf, FAILURE, SUCCESS, task } from './simulation.ts';
import { SlotRuns } from './slot-runs.ts';

const KEYS = ['p', 'q', 'r'];
/** A fan-out between two tasks; the first task of each key looks at all of the past that it can. */
const DAG = dagOf(
  [
    task('g'),
    task('f.x', { fanOut: 0, dependsOnPast: true, waitForDownstream: true }),
    task('f.y', { fanOut: 0, after: ['f.x'], dependsOnPast: true }),
    task('z', { after: ['f.y'], dependsOnPast: true, triggerRule: 'all_done' }),
  ],
  { fanOuts: [{ path: 'f', over: 'params.keys', after: ['g'] }] },
);

const which = fc.nat(1_000);
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('start' as const), keys: fc.subarray(KEYS) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const), which }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('feed' as const), which }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('end' as const), which, fails: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('retry' as const, 'retryAll' as const), which }) },
);

/** The states of a run by name: tasks, and the gate under the name of its fan-out. */
function states(run: RunWorld): Map<string, number> {
  const found = new Map<string, number>();
  for (const { node, template } of run.existing())
    if (!run.isPlaceholder(node, template)) found.set(run.nameOf(node), run.state[node] as number);
  return found;
}

const isGood = (state: number | undefined): boolean => state === S.success || state === S.skipped;

/** The rule in other words: by name, over the states of the run before. */
function isPastFine(name: string, before: RunWorld | undefined): boolean {
  if (name === 'g' || before === undefined) return true;
  const past = states(before);
  if (name === 'z') return isGood(past.get('z'));
  const own = past.get(name);
  // Without this key: fine once it is known that there is none, or that there will be none.
  if (own === undefined) return isGood(past.get('f'));
  return isGood(own) && (!name.endsWith('.x') || isGood(past.get(name.replace('.x', '.y'))));
}

/** Whether what comes before an instance in its own run lets it run. */
function isReady(name: string, run: RunWorld): boolean {
  const own = states(run);
  if (name === 'g') return true;
  const ys = [...own].filter(([other]) => other.endsWith('.y')).map(([, state]) => state);
  if (name === 'z') return own.get('f') === S.success && ys.every((state) => state >= S.success);
  // Its fan-out may be asking for its keys again.
  if (own.get('f') !== S.success) return false;
  return name.endsWith('.x') || own.get(name.replace('.y', '.x')) === S.success;
}

test('each key waits for its own past and for no other, whatever happens between', () => {
  let waited = 0;
  fc.assert(
    fc.property(fc.array(step, { minLength: 10, maxLength: 80 }), (steps) => {
      const runs = new SlotRuns();
      const beforeOf = (slot: number): RunWorld | undefined => runs.bySlot.get(slot - 1);
      for (const one of [...steps, { do: 'feed' } as const]) {
        const started = runs.starts.length;
        if (one.do === 'start') runs.start(DAG, runs.bySlot.size, { params: { keys: one.keys } });
        else if (one.do === 'feed') runs.feed();
        else if (one.do === 'restart') runs.restart();
        else {
          const found = [...runs.bySlot.values()].flatMap((run) =>
            [...states(run)].map(([name, state]) => ({ run, name, state })),
          );
          const ends = one.do === 'end';
          const fitting = found.filter(({ name, state }) =>
            ends ? state === S.queued : name !== 'f' && state >= S.success,
          );
          const chosen = fitting[one.which % Math.max(1, fitting.length)];
          if (chosen === undefined) continue;
          const { run, name } = chosen;
          if (one.do === 'end') runs.end(run, name, one.fails ? FAILURE : SUCCESS);
          else if (one.do === 'retry') runs.retry(run, name);
          else runs.ask({ inboxId: null, kind: 'retry', run, by: 'ann', selection: { select: 'all' } });
        }
        for (const start of runs.starts.slice(started)) {
          const [uid = '', name = ''] = start.split('/');
          expect(isPastFine(name, beforeOf(Number(uid.slice('run-'.length)))), start).toBe(true);
        }
        if (runs.world.pasts.unread.size > 0) continue;
        for (const [slot, run] of runs.bySlot) {
          if (!runs.world.runs.has(run.record.runNo)) continue;
          for (const [name, state] of states(run)) {
            if (state !== S.none || name === 'f' || !isReady(name, run)) continue;
            waited++;
            expect(isPastFine(name, beforeOf(slot)), `${run.record.uid}/${name} waits`).toBe(false);
          }
        }
      }
    }),
    { numRuns: tries(500) },
  );
  expect(waited).toBeGreaterThan(tries(100));
});
