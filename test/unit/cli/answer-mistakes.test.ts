import { describe, expect, test } from 'vitest';
import { mistakesOf } from '../../../cli/remote/answer-check.ts';
import { type AnswerSchema, answerMistakes } from '../../../cli/remote/answer-mistakes.ts';
import { names, operations, resolved, sampleOf } from '../../cli/sample-answer.ts';

const NONE = { wrong: null, missing: null };

/** Places of an answer for which its schema says what they are. */
function* placesOf(given: AnswerSchema, place: readonly (string | number)[] = []): Generator<typeof place> {
  const schema = resolved(given);
  const inner = schema.anyOf?.[0] ?? schema;
  const { type, properties = {}, items } = resolved(inner);
  if (type !== undefined) yield place;
  if (type === 'array' && items !== undefined) yield* placesOf(items, [...place, 0]);
  for (const [name, one] of Object.entries(properties))
    if (name !== 'nextCursor') yield* placesOf(one, [...place, name]);
}

/** The same value with something at a place that is nothing of JSON. */
function spoiled(value: unknown, [step, ...rest]: readonly (string | number)[]): unknown {
  if (step === undefined) return () => {};
  const inner = spoiled((value as { [step: string]: unknown })[step], rest);
  return Array.isArray(value) ? [inner] : { ...(value as object), [step]: inner };
}

test('what an operation answers by its schema is taken, and no wrong value at any place', () => {
  let places = 0;
  for (const { id, schema } of operations) {
    if (schema === null) continue;
    expect([id, mistakesOf(id, sampleOf(schema))]).toEqual([id, NONE]);
    for (const place of placesOf(schema)) {
      const { wrong, missing } = mistakesOf(id, spoiled(sampleOf(schema), place));
      // Of alternatives it may be that the other one lacks something.
      expect(`${id} ${place.join('/')}: ${wrong ?? missing}`).toMatch(/ is (no|not) /);
      places++;
    }
  }
  expect(places).toBeGreaterThan(1_000);
});

describe('an answer', () => {
  const instant = { type: 'string', format: 'date-time' };
  const schema: AnswerSchema = {
    type: 'object',
    required: ['at', 'until', 'state'],
    properties: {
      at: instant,
      until: { anyOf: [instant, { type: 'null' }] },
      state: { type: 'string', enum: ['running', 'success'] },
      counts: { type: 'object', additionalProperties: { type: 'integer' } },
    },
  };
  const at = '2026-11-28T09:00:00Z';

  test.each([
    ['an instant that is none', { at: 'never', until: null, state: 'running' }, '/at is no instant'],
    ['nothing', null, 'it is no object'],
    ['a list', [], 'it is no object'],
    ['the same where it may be null', { at, until: 7, state: 'running' }, '/until is no text'],
    ['a word that is none', { at, until: null, state: 7 }, '/state is no value of a type that it may have'],
    [
      'a count of a name of the server',
      { at, until: null, state: 'x', counts: { '\u001b[2J': Number.POSITIVE_INFINITY } },
      '/counts/* is no whole number',
    ],
  ])('%s is said with its place', (_, value, wrong) => {
    expect(answerMistakes(schema, value, names)).toMatchObject({ wrong });
  });

  test('a word or a member that is new is none; one that is not there is null, or it is missing', () => {
    expect(answerMistakes(schema, { at, until: at, state: 'brand_new', more: {} }, names)).toEqual(NONE);
    const value = { at, state: 'running' };
    expect(answerMistakes(schema, value, names)).toEqual(NONE);
    expect(value).toEqual({ at, state: 'running', until: null });
    expect(answerMistakes(schema, { at, until: null }, names)).toEqual({
      wrong: null,
      missing: '/state is not there',
    });
  });
});
