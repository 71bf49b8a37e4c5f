import { expect, test } from 'vitest';
import { foreignTemplates } from '../../../cli/foreign-templates.ts';
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

test('a mistake has the first place of the file that names the pool, in YAML and in TypeScript', () => {
  const dag = fileWith({ pool: 'api' });
  const placeIn = (source: string) => poolProblems([dag], pools, () => source)[0];
  expect(placeIn('id: d\ntasks:\n  a: { run: api, pool: api }\n')).toMatchObject({ line: 3, column: 18 });
  const source = "  g.task('a', { pool: 'api' }, () => 1);";
  expect(placeIn(`// pool: api2\n${source}`)).toMatchObject({ line: 2, column: 17, source });
  expect(placeIn('a: { pool: x }')).not.toHaveProperty('line');
});

test('templates of Airflow are told, those of orch and of other programs are not', () => {
  const told = (run: string) =>
    foreignTemplates([fileWith({ action: { kind: 'shell', run } })], () => `id: d\nrun: ${run}\n`);
  expect(told('load {{ ds }}')).toEqual([
    expect.objectContaining({
      severity: 'warning',
      line: 2,
      column: 11,
      hint: expect.stringContaining('env'),
    }),
  ]);
  expect(told('load "{{params.day}}"')[0]?.message).toContain(
    "task 'a' of DAG test has {{params.day}} as its",
  );
  for (const run of ['x ${{ run.id }}', "docker ps --format '{{.Names}}'", 'echo {{ dsx }}', '{{ run }}'])
    expect(told(run)).toEqual([]);
});
