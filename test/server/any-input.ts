import fc from 'fast-check';

type Schema = { readonly [key: string]: unknown };

/** Texts that have hurt other servers. */
const HOSTILE = [
  '',
  '..',
  '../../etc/passwd',
  '%2e%2e%2f',
  '\u0000',
  '\r\nx-injected: 1',
  "'; drop table dag_run; --",
  '__proto__',
  'constructor',
  '1e309',
  '-0',
  '9007199254740993',
  '9'.repeat(400),
  'a'.repeat(5_000),
  '((a+)+)+$',
  '(?=x)*',
  '<script>alert(1)</script>',
  '${{ process.env }}',
  '\ud800',
  '💥',
] as const;

const hostile = fc.constantFrom(...HOSTILE);

/** Any JSON, deep ones and strange keys among it. */
const anyJson = fc.oneof(fc.jsonValue({ maxDepth: 3 }), hostile, fc.constant({ __proto__: { admin: true } }));

/** Values that fit a schema in most places and not in some. */
export function nearly(schema: Schema): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 6, arbitrary: fitting(schema) }, { weight: 1, arbitrary: anyJson });
}

function fitting(schema: Schema): fc.Arbitrary<unknown> {
  const words = schema['enum'] as readonly unknown[] | undefined;
  if (words !== undefined) return fc.constantFrom(...words);
  const choices = schema['anyOf'] as readonly Schema[] | undefined;
  if (choices !== undefined) return fc.oneof(...choices.map(nearly));
  switch (schema['type']) {
    case 'object':
      return objectOf(schema);
    case 'array':
      return fc.array(nearly((schema['items'] as Schema | undefined) ?? {}), { maxLength: 3 });
    case 'integer':
      return fc.oneof(fc.integer({ min: 0, max: 50 }), fc.maxSafeInteger(), fc.double());
    case 'boolean':
      return fc.boolean();
    case 'string':
      return textOf(schema);
    case 'null':
      return fc.constant(null);
    default:
      return anyJson;
  }
}

function textOf({ pattern }: Schema): fc.Arbitrary<string> {
  const known = fc.constantFrom('one', 'a', '1', '1.0', '1.0.1', '2026-01-01', 's3://a', 'x@y.z');
  return typeof pattern === 'string' && pattern.length < 60
    ? fc.oneof(fc.stringMatching(new RegExp(pattern)), known, hostile)
    : fc.oneof(known, hostile, fc.string());
}

function objectOf(schema: Schema): fc.Arbitrary<unknown> {
  const members = Object.entries((schema['properties'] as Record<string, Schema> | undefined) ?? {});
  const required = (schema['required'] as readonly string[] | undefined) ?? [];
  const shape = Object.fromEntries(members.map(([name, one]) => [name, nearly(one)]));
  const whole = fc.record(shape, { requiredKeys: required as never[] });
  const more = fc.dictionary(fc.oneof(hostile, fc.string()), anyJson, { maxKeys: 2 });
  return fc.oneof({ weight: 5, arbitrary: whole }, { weight: 1, arbitrary: more });
}
