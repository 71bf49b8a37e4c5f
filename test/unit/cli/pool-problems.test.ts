import { expect, test } from 'vitest';
import { poolProblems, requirePools } from '../../../cli/pool-problems.ts';
import { dagOf, task } from '../planner/simulation.ts';

const pools = new Map([
  ['default', { slots: 128 }],
  ['exchange', { slots: 2 }],
]);
const fileWith = (fields: Parameters<typeof task>[1]) => ({
  file: 'dags/d.yaml',
  spec: dagOf([task('a', fields)]),
});

test.each([
  [{ pool: 'exchnge' }, "pool 'exchnge'", "did you mean 'exchange'?"],
  [{ pool: 'toString' }, "pool 'toString'", 'make it: orch pool set toString <slots>'],
  [{ pool: 'exchange', poolSlots: 3 }, "needs 3 slots of pool 'exchange', which has 2", 'lower poolSlots'],
  [{ poolSlots: 999 }, "needs 999 slots of pool 'default', which has 128", 'lower poolSlots'],
])('a task that can never get its slots is a mistake: %o', (fields, message, hint) => {
  const dag = fileWith(fields);
  expect(poolProblems([dag], pools)).toEqual([
    expect.objectContaining({
      severity: 'error',
      file: 'dags/d.yaml',
      message: expect.stringContaining(message),
      hint: expect.stringContaining(hint),
    }),
  ]);
  expect(() => requirePools(dag, pools)).toThrow(expect.objectContaining({ code: 'invalid' }));
});

test('tasks whose pool is big enough are fine', () => {
  expect(poolProblems([fileWith({ pool: 'exchange', poolSlots: 2 }), fileWith({})], pools)).toEqual([]);
});
