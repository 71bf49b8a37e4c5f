import { describe, expect, test } from 'vitest';
import { Random } from './random.ts';
import { RandomDag, randomParams } from './random-dag.ts';
import { Storm } from './storm.ts';

function weather(seed: number, faults: boolean): Storm {
  const random = new Random(seed);
  const traits = {
    tasks: 1 + random.upTo(9),
    rich: random.chance(0.7),
    limits: random.chance(0.8),
    critical: faults && random.chance(0.5),
  };
  const storm = new Storm(random);
  const dags = [new RandomDag(random, traits).build('one'), new RandomDag(random, traits).build('two')];
  const steps = 20 + random.upTo(60);
  const scope = random.chance(0.15) ? { keys: ['A'] } : {};
  for (let step = 0; step < steps; step++) {
    if (step === 0 || random.chance(0.06)) storm.trigger(random.pick(dags), randomParams(random), scope);
    storm.step(faults);
  }
  storm.calm();
  return storm;
}

const SEEDS = Number(process.env['STORMS'] ?? 400);
const FIRST = Number(process.env['STORM'] ?? 1);

describe('storms', () => {
  test.each([false, true])(
    'with faults: %s',
    (faults) => {
      const broken: string[] = [];
      let turns = 0;
      for (let seed = FIRST; seed < FIRST + SEEDS && broken.length < 40; seed++) {
        try {
          turns += weather(seed, faults).turns;
        } catch (error) {
          broken.push(`seed ${seed}: ${SEEDS === 1 ? (error as Error).stack : (error as Error).message}`);
        }
      }
      console.log(faults, 'turns', turns);
      expect(broken).toEqual([]);
    },
    600_000,
  );
});
