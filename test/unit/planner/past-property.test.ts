import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { TaskSpec } from '../../../core/model/dag.ts';
import { S } from '../../../core/model/states.ts';
import type { RunWorld } from '../../../core/planner/run-world.ts';
import { tries } from '../../tries.ts';
import { dagOf, FAILURE, SUCCESS, task } from './simulation.ts';
import { SlotRuns } from './slot-runs.ts';

const SLOTS = 4;
const NAMES = ['a', 'b', 'c'];

type Step =
  | { readonly do: 'start' | 'feed' | 'restart'; readonly which?: never }
  | { readonly do: 'end'; readonly which: number; readonly fails: boolean }
  | { readonly do: 'retry' | 'mark'; readonly which: number };

const which = fc.nat(1_000);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 1, arbitrary: fc.record({ do: fc.constant('start' as const) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('feed' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('end' as const), which, fails: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('retry' as const, 'mark' as const), which }) },
);

/** A chain of tasks, or tasks beside each other, each with rules of its own. */
const tasks = fc.tuple(
  ...NAMES.map((name, index) =>
    fc
      .record({
        isChained: fc.boolean(),
        rule: fc.constantFrom({}, { dependsOnPast: true }, {
          dependsOnPast: true,
          waitForDownstream: true,
        } as const),
      })
      .map(({ isChained, rule }): TaskSpec => {
        const after = isChained && index > 0 ? { after: [NAMES[index - 1] as string] } : {};
        return task(name, { ...after, ...rule });
      }),
  ),
);

const states = (run: RunWorld): Record<string, number> =>
  Object.fromEntries([...run.existing()].map(({ node }) => [run.nameOf(node), run.state[node] as number]));

/** The rule in other words: by name, over the states of two runs. */
function isPastFine(specs: readonly TaskSpec[], name: string, before: RunWorld | undefined): boolean {
  const spec = specs.find(({ path }) => path === name);
  if (!spec?.dependsOnPast || before === undefined) return true;
  const past = states(before);
  const names = [name];
  if (spec.waitForDownstream)
    names.push(...specs.filter(({ after }) => after?.includes(name)).map(({ path }) => path));
  return names.every((one) => past[one] === S.success || past[one] === S.skipped);
}

test('nothing starts before its past lets it, everything starts after that, whatever happens between', () => {
  fc.assert(
    fc.property(tasks, fc.array(step, { minLength: 10, maxLength: 60 }), (specs, steps) => {
      const dag = dagOf(specs);
      const runs = new SlotRuns();
      const slots = [...Array(SLOTS).keys()].map((index) => index * 2);
      const beforeOf = (slot: number): RunWorld | undefined =>
        [...runs.bySlot.entries()].filter(([other]) => other < slot).sort(([x], [y]) => y - x)[0]?.[1];
      const check = (): void => {
        for (const [slot, run] of runs.bySlot) {
          if (!runs.world.runs.has(run.record.runNo) || runs.world.pasts.unread.size > 0) continue;
          for (const [name, state] of Object.entries(states(run))) {
            const spec = specs.find(({ path }) => path === name) as TaskSpec;
            const upstream = (spec.after ?? []).every((up) => states(run)[up] === S.success);
            const mayStart = upstream && isPastFine(specs, name, beforeOf(slot));
            // What waits may start now, or it would have: nobody looks at it again by itself.
            if (state === S.none) expect(mayStart, `${run.record.uid}/${name}`).toBe(false);
          }
        }
      };
      const under = (test: (run: RunWorld, name: string, state: number) => boolean): [RunWorld, string][] =>
        [...runs.bySlot.values()].flatMap((run) =>
          Object.entries(states(run))
            .filter(([name, state]) => test(run, name, state))
            .map(([name]): [RunWorld, string] => [run, name]),
        );
      for (const one of [...steps, { do: 'feed' } as const]) {
        const started = runs.starts.length;
        if (one.do === 'start') {
          // The later half of the slots has its runs first: the others come between them.
          const slot = slots[(runs.bySlot.size * 2 + 1) % (SLOTS + 1)];
          if (slot !== undefined && !runs.bySlot.has(slot)) runs.start(dag, slot);
        } else if (one.do === 'feed') runs.feed();
        else if (one.do === 'restart') runs.restart();
        else if (one.which !== undefined) {
          const found = under((_run, _name, state) =>
            one.do === 'end'
              ? state === S.queued
              : one.do === 'retry'
                ? state >= S.success
                : state === S.failed,
          );
          const [run, name] = found[one.which % Math.max(1, found.length)] ?? [];
          if (run === undefined || name === undefined) continue;
          if (one.do === 'end') runs.end(run, name, one.fails ? FAILURE : SUCCESS);
          else if (one.do === 'retry') runs.retry(run, name);
          else runs.mark(run, name, 'success');
        }
        for (const start of runs.starts.slice(started)) {
          const [uid = '', name = ''] = start.split('/');
          const slot = Number(uid.slice('run-'.length));
          expect(isPastFine(specs, name, beforeOf(slot)), start).toBe(true);
        }
        check();
      }
    }),
    { numRuns: tries(400) },
  );
});
