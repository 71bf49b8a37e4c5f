import { describe, expect, test } from 'vitest';
import { LARGE_SCHEMAS } from '../../../core/schema/large-schemas.ts';
import { READY_CHECKS } from '../../../core/schema/ready-checks.ts';
import { checkKey, newAjv } from '../../../core/schema/validate.ts';

const AUTHOR = { id: 'x', tasks: { a: { run: 'true', retries: 1 } }, params: { n: { type: 'integer' } } };
const VALUES = [
  null,
  [],
  {},
  AUTHOR,
  { ...AUTHOR, tasks: {}, schedule: 7 },
  { ...AUTHOR, unknown: true, id: 'a b' },
  { run: 'true', timeout: '5 parsecs', retries: -1 },
  { run: ['a', 3], after: 'x', needs: { y: 'z' } },
  { forEach: 'params.n', tasks: { a: {} }, minSuccess: 'all' },
  { tasks: { a: { run: 'x' } }, group: 1 },
  JSON.parse('{ "id": "x", "tasks": { "__proto__": { "run": "x" } }, "constructor": 1 }'),
];

describe('the checks that an install compiles', () => {
  test('are there for every large schema', () => {
    expect(Object.keys(READY_CHECKS).sort()).toEqual(
      LARGE_SCHEMAS.map(({ schema, allErrors }) => checkKey(schema, allErrors)).sort(),
    );
  });

  test('find what those find that are compiled when they are used', () => {
    let wrong = 0;
    for (const { schema, allErrors } of LARGE_SCHEMAS) {
      const ready = READY_CHECKS[checkKey(schema, allErrors)];
      const compiled = newAjv({ allErrors, checkSchemas: false }).compile(schema);
      for (const value of VALUES) {
        compiled(value);
        ready?.(value);
        const found = (errors: typeof compiled.errors) =>
          errors?.map(({ instancePath, message }) => [instancePath, message]);
        expect(found(ready?.errors)).toEqual(found(compiled.errors));
        wrong += compiled.errors?.length ?? 0;
      }
    }
    expect(wrong).toBeGreaterThan(LARGE_SCHEMAS.length * 5);
  });

  test('are of no use to another schema', () => {
    const { schema, allErrors } = LARGE_SCHEMAS[0] as (typeof LARGE_SCHEMAS)[number];
    expect(READY_CHECKS[checkKey({ ...schema, title: 'another' }, allErrors)]).toBeUndefined();
    expect(READY_CHECKS[checkKey(schema, !allErrors)]).toBeUndefined();
  });
});
