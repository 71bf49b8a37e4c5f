import { describe, expect, test } from 'vitest';
import type { DagSpec } from '../../../core/model/dag.ts';
import type { RunNo } from '../../../core/model/ids.ts';
import type { RunScope } from '../../../core/model/scope.ts';
import { tries } from '../../tries.ts';
import { Random } from './random.ts';
import { listsDag, RandomDag, randomParams } from './random-dag.ts';
import { Storm } from './storm.ts';

/** The part of a DAG that a run does: mostly all of it. */
function randomScope(random: Random, dag: DagSpec): RunScope {
  if (random.chance(0.7)) return {};
  const name = random.pick(dag.tasks).path;
  return random.pick<RunScope>([
    { keys: ['A'] },
    { keys: ['C/D', 'x'] },
    { until: [name] },
    { from: [name] },
    { only: [name] },
  ]);
}

/** One storm over two random DAGs, all of it following from the seed. */
function weather(seed: number, faults: boolean): Storm {
  const random = new Random(seed);
  const tasks = 1 + random.upTo(9);
  const traits = {
    tasks,
    rich: random.chance(0.7),
    limits: random.chance(0.8),
    critical: faults && random.chance(0.5),
  };
  const storm = new Storm(random);
  const dags = [new RandomDag(random, traits).build('one'), new RandomDag(random, traits).build('two')];
  const steps = 20 + random.upTo(60);
  for (let step = 0; step < steps; step++) {
    if (step === 0 || random.chance(0.06)) {
      const dag = random.pick(dags);
      const replaces = faults && random.chance(0.2) ? (random.upTo(3) as RunNo) : null;
      storm.trigger(dag, randomParams(random), randomScope(random, dag), replaces);
    }
    storm.step(faults);
  }
  storm.calm();
  return storm;
}

/** A storm over runs whose fan-outs are asked for their keys again and again. */
function changingLists(seed: number, faults: boolean): Storm {
  const random = new Random(seed);
  const storm = new Storm(random);
  const dag = listsDag(random);
  const scope = random.chance(0.15) ? { keys: random.pick([['L1'], ['L2/m', '*/n'], ['L3/L1']]) } : {};
  storm.trigger(dag, {}, scope);
  storm.turn();
  for (let step = 20 + random.upTo(60); step > 0; step--) {
    if (random.chance(0.2)) storm.askAgain();
    storm.step(faults && random.chance(0.3));
  }
  storm.calm();
  return storm;
}

/** `STORM=17 STORMS=1` plays one storm again, with the stack of what went wrong. */
const FIRST = Number(process.env['STORM'] ?? 1);
const COUNT = Number(process.env['STORMS'] ?? tries(500));

describe('storms', () => {
  test.each([
    ['without faults', weather, false],
    ['with people, crashes and lost attempts', weather, true],
    ['with lists that change', changingLists, false],
    ['with lists that change, people, crashes and lost attempts', changingLists, true],
  ] as const)(
    '%s, memory equals the store, caps hold and every run ends',
    (_, play, faults) => {
      const broken: string[] = [];
      let turns = 0;
      for (let seed = FIRST; seed < FIRST + COUNT && broken.length < 10; seed++) {
        try {
          turns += play(seed, faults).turns;
        } catch (error) {
          const { message, stack } = error as Error;
          broken.push(`STORM=${seed}: ${COUNT === 1 ? stack : message}`);
        }
      }
      expect(broken).toEqual([]);
      expect(turns).toBeGreaterThan(COUNT);
    },
    600_000,
  );
});
