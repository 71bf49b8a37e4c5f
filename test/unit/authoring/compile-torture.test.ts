import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compileDag } from '../../../core/authoring/compile.ts';
import { compileGraph } from '../../../core/graph/graph.ts';

const generator = resolve('../shared/data/torture/gen_graphs.mjs');

interface Torture {
  readonly name: string;
  readonly tasks: readonly [string, readonly string[]][];
  readonly expected: { readonly valid: boolean; readonly tasks: number; readonly levels?: number };
}

/** Ids that the rule for ids refuses; the generator allows either. */
const REFUSED_IDS = new Set(['proto-ids', 'integer-like-ids', 'confusable-ids', 'long-ids']);
/** A mapping cannot have a key twice: the builder and the YAML loader refuse it before. */
const NOT_EXPRESSIBLE = new Set(['duplicate-id']);

function author(tasks: Torture['tasks'], wiring: 'needs' | 'after'): unknown {
  const entries = tasks.map(([id, upstreams]) => {
    const needs = Object.fromEntries(upstreams.map((upstream, at) => [`in_${at}`, upstream]));
    return [id, { run: 'true', [wiring]: wiring === 'needs' ? needs : upstreams }];
  });
  return { id: 'torture', tasks: Object.fromEntries(entries) };
}

// The generator is shared between repositories and may be absent.
describe.skipIf(!existsSync(generator))('torture graphs (skipped where ../shared/data is absent)', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'orch-torture-'));
    execFileSync(process.execPath, [generator, join(folder, 'small'), '0.01']);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const load = (name: string): Torture =>
    JSON.parse(readFileSync(join(folder, 'small', `${name}.json`), 'utf8')) as Torture;
  const names = (): string[] =>
    (JSON.parse(readFileSync(join(folder, 'small', 'index.json'), 'utf8')) as { name: string }[]).map(
      ({ name }) => name,
    );

  test.each(['needs', 'after'] as const)('are taken or refused as expected, wired by %s', (wiring) => {
    const outcomes = names()
      .filter((name) => !NOT_EXPRESSIBLE.has(name))
      .map((name) => {
        const { tasks, expected } = load(name);
        const { spec, diagnostics } = compileDag(author(tasks, wiring), { locate: () => null });
        const wanted = REFUSED_IDS.has(name) ? false : expected.valid;
        if (spec !== null) {
          expect(spec.tasks.map(({ path }) => path)).toEqual(tasks.map(([id]) => id));
          const levels = compileGraph(spec).level.reduce((most, level) => Math.max(most, level), 0) + 1;
          if (expected.levels !== undefined) expect([name, levels]).toEqual([name, expected.levels]);
        }
        return [name, spec !== null, wanted, diagnostics.map(({ rule }) => rule)[0] ?? 'none'];
      });
    expect(outcomes.filter(([, valid, wanted]) => valid !== wanted)).toEqual([]);
    expect(outcomes.length).toBe(27);
    const rules = Object.fromEntries(outcomes.map(([name, , , rule]) => [name, rule]));
    expect(rules).toMatchObject({
      'self-loop': 'cycle',
      'long-cycle': 'cycle',
      'unknown-upstream': 'unknown-task',
      empty: 'bad-value',
    });
  });

  test('each separate cycle is named, and nothing that is not part of one', () => {
    const cycles = (name: string): string[] =>
      compileDag(author(load(name).tasks, 'after'), { locate: () => null }).diagnostics.map(({ message }) =>
        message.replace('the tasks wait for each other in a circle: ', ''),
      );
    expect(cycles('two-separate-cycles')).toEqual(['a -> b -> a', 'c -> d -> e -> c']);
    expect(cycles('cycle-behind-valid-part')).toEqual(['x -> y -> z -> x']);
    expect(cycles('cycle-at-end-of-long-chain')).toEqual(['u -> v -> u']);
    expect(cycles('figure-eight')).toHaveLength(1);
  });
});

describe('the largest graphs, without overflow', () => {
  const chain = (size: number): [string, string[]][] =>
    Array.from({ length: size }, (_, at) => [`t${at}`, at === 0 ? [] : [`t${at - 1}`]]);

  test('a chain of 100,000 tasks in reverse order', () => {
    const { spec } = compileDag(author(chain(100_000).reverse(), 'after'), { locate: () => null });
    expect(spec?.tasks).toHaveLength(100_000);
  });

  test('a circle of 100,000 tasks', () => {
    const tasks = chain(100_000);
    (tasks[0] as [string, string[]])[1].push('t99999');
    const { spec, diagnostics } = compileDag(author(tasks, 'needs'), { locate: () => null });
    expect(spec).toBeNull();
    expect(diagnostics.map(({ message }) => message)).toEqual([
      `the tasks wait for each other in a circle: ${tasks.map(([id]) => id).join(' -> ')} -> t0`,
    ]);
  });

  test('1,000,000 edges between two layers', () => {
    const left = Array.from({ length: 1_000 }, (_, at) => `l${at}`);
    const tasks: [string, string[]][] = left.map((id) => [id, []]);
    for (let at = 0; at < 1_000; at++) tasks.push([`r${at}`, left]);
    const { spec } = compileDag(author(tasks, 'after'), { locate: () => null });
    expect(spec?.tasks.at(-1)?.after).toHaveLength(1_000);
  });
});
