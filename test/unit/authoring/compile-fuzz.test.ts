import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalJson } from '../../../core/authoring/canonical.ts';
import { compileDag } from '../../../core/authoring/compile.ts';
import { compileGraph } from '../../../core/graph/graph.ts';
import { checkDagSpec } from '../../../core/schema/check-dag-spec.ts';
import { tries } from '../../tries.ts';
import { byPath } from './compiled.ts';

/**
 * Uses every key of the author form, so that changing one of its values reaches every part of the compiler.
 */
const rich = {
  id: 'd',
  tags: ['x'],
  timezone: 'Europe/Berlin',
  startAt: '2026-01-01',
  schedule: [
    { cron: '0 6 * * *', tz: 'UTC', interval: true },
    { every: '5m' },
    { at: ['2030-01-01'] },
    { hour: 9 },
  ],
  params: { symbols: { type: 'array', default: ['A'] }, fast: { type: 'integer', default: 12 } },
  defaults: {
    retries: { max: 2, delay: '5s', on: ['X'] },
    env: { A: '${{ params.fast }}' },
    timeout: '5m',
    priority: 'high',
  },
  tasks: {
    list: { run: ['ls', '${{ params.fast }}'], skipExitCode: 3 },
    symbol: {
      needs: { l: 'list' },
      stage: 's',
      forEach: {
        over: '${{ needs.l.items }}',
        key: '${{ item.id }}',
        as: 'sym',
        minSuccess: 0.5,
        returns: 'b',
        tasks: {
          a: { uses: './x.ts#a', with: { s: '${{ sym }}', deep: [{ x: '${{ run.id }}' }] } },
          b: { run: 'true', needs: ['a'], when: "a.ok && item != 'x'", retries: 1 },
          inner: { forEach: { over: ['p', 'q'], tasks: { c: { uses: 'http', after: ['b'] } } } },
        },
      },
    },
    group: {
      after: ['symbol'],
      group: {
        defaults: { pool: 'p' },
        tasks: { g1: { run: 'x' }, g2: { run: 'y', needs: { one: 'g1' }, shortCircuit: 'output > 1' } },
      },
    },
    regime: {
      needs: { s: 'symbol' },
      choose: [{ when: 'len(needs.s) > 1', value: 'up' }, { otherwise: 'down' }],
    },
    end: { run: 'true', after: ['group'], when: "regime == 'up'", triggerRule: 'all_done' },
    clean: { run: 'true', teardown: true, setups: ['list'], after: ['end'], failRun: true },
  },
};

type Container = { [key: string]: unknown };

/** All places of a value, as containers and keys. */
function places(value: unknown): [Container, string][] {
  if (typeof value !== 'object' || value === null) return [];
  const container = value as Container;
  return Object.keys(container).flatMap((key) => [
    [container, key] as [Container, string],
    ...places(container[key]),
  ]);
}

const words = fc.constantFrom(
  ...[
    'list',
    'symbol',
    'symbol.b',
    'symbol.inner',
    'symbol.inner.c',
    'group',
    'group.g2',
    'regime',
    'end',
    'clean',
  ],
  ...[
    '${{ item }}',
    '${{ needs.l }}',
    '${{',
    'regime == 1',
    'output',
    'always',
    '5m',
    '@daily',
    '',
    '__proto__',
    'constructor',
  ],
);
const replacement = fc.oneof(
  words,
  fc.array(words, { maxLength: 3 }),
  fc.jsonValue({ maxDepth: 2 }),
  fc.integer(),
);

test('the form that is changed here is right to begin with', () => {
  expect(compileDag(rich, { locate: byPath }).diagnostics).toEqual([]);
});

test('whatever is put anywhere: no exception, and either a sound graph or an error with a place', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(), replacement, fc.boolean()), { minLength: 1, maxLength: 4 }),
      (changes) => {
        const author = structuredClone(rich);
        for (const [at, value, isRemoval] of changes) {
          const all = places(author);
          const [container, key] = all[at % all.length] as [Container, string];
          if (isRemoval) delete container[key];
          else container[key] = structuredClone(value);
        }
        const { spec, diagnostics } = compileDag(author, { locate: byPath });
        for (const one of diagnostics)
          expect([typeof one.source, one.message]).toEqual(['string', expect.stringMatching(/\S/)]);
        const hasErrors = diagnostics.some(({ severity }) => severity === 'error');
        expect(spec === null).toBe(hasErrors);
        if (spec === null) return;
        expect(checkDagSpec(spec)).toEqual({ ok: true, spec });
        compileGraph(JSON.parse(canonicalJson(spec)) as typeof spec);
      },
    ),
    { numRuns: tries(600) },
  );
});

test('any JSON at all', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => void compileDag(value, { locate: byPath })),
    { numRuns: tries(300) },
  );
});
