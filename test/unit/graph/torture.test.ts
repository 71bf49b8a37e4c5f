import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compileGraph, type Graph } from '../../../core/graph/graph.ts';
import { dagOf, task } from '../planner/simulation.ts';

interface Case {
  readonly name: string;
  readonly tasks: readonly (readonly [string, readonly string[]])[];
  readonly expected: { readonly [fact: string]: unknown };
}

const GENERATOR = new URL('../../../../shared/data/torture/gen_graphs.mjs', import.meta.url).pathname;
let folder = '';
let names: { name: string; valid: boolean }[] = [];

beforeAll(() => {
  if (!existsSync(GENERATOR)) return;
  folder = mkdtempSync(join(tmpdir(), 'orch-graphs-'));
  execFileSync(process.execPath, [GENERATOR, folder, '0.01']);
  names = JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const read = (name: string): Case => JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as Case;
const compile = (one: Case): Graph =>
  compileGraph(dagOf(one.tasks.map(([id, after]) => task(id, { after }))));

function checkOrder(graph: Graph): void {
  const at = new Int32Array(graph.size);
  for (const [position, node] of graph.order.entries()) at[node] = position;
  for (let node = 0; node < graph.size; node++) {
    for (let edge = graph.down.off[node] as number; edge < (graph.down.off[node + 1] as number); edge++) {
      const target = graph.down.to[edge] as number;
      if ((at[node] as number) >= (at[target] as number)) throw new Error(`${node} comes after ${target}`);
      if ((graph.level[node] as number) >= (graph.level[target] as number))
        throw new Error(`level of ${target}`);
    }
  }
}

/** Cases about the text of ids, which the graph does not judge: `compileDag` refuses them by their place. */
const DUPLICATES = ['duplicate-id'];

// The generator of torture graphs lies beside the project, not in it.
describe.skipIf(!existsSync(GENERATOR))('torture graphs at a hundredth of their size', () => {
  test('valid ones have the facts that are expected, in a right order', () => {
    const valid = names.filter((one) => one.valid);
    for (const { name } of valid) {
      const one = read(name);
      const graph = compile(one);
      checkOrder(graph);
      expect([name, graph.size]).toEqual([name, one.tasks.length]);
      const { levels, edges } = one.expected;
      if (levels !== undefined) expect([name, Math.max(...graph.level) + 1]).toEqual([name, levels]);
      if (edges !== undefined) expect([name, graph.down.to.length]).toEqual([name, edges]);
    }
    expect(valid.length).toBeGreaterThanOrEqual(15);
  });

  test('invalid ones are refused, and the tasks of the cycle are named', () => {
    const messages = names
      .filter((one) => !one.valid && one.name !== 'empty' && !DUPLICATES.includes(one.name))
      .map(({ name }) => {
        try {
          compile(read(name));
        } catch (error) {
          return [name, (error as Error).message.slice(0, 60)];
        }
        return [name, 'accepted'];
      });
    expect(Object.fromEntries(messages)).toMatchObject({
      'self-loop': 'DAG test has a cycle: a -> a',
      'two-cycle': expect.stringMatching(/cycle: (a -> b -> a|b -> a -> b)$/),
      'cycle-behind-valid-part': expect.stringMatching(
        /cycle: (x -> y -> z -> x|y -> z -> x -> y|z -> x -> y -> z)$/,
      ),
      'two-separate-cycles': expect.stringContaining('has a cycle: '),
      'figure-eight': expect.stringContaining('has a cycle: '),
      'cycle-at-end-of-long-chain': expect.stringMatching(/cycle: (u -> v -> u|v -> u -> v)$/),
      'long-cycle': expect.stringContaining('has a cycle: '),
      'unknown-upstream': 'b needs ghost, which does not exist',
    });
  });
});

describe('full size', () => {
  const many = (count: number, after: (index: number) => string[]): Case['tasks'] =>
    Array.from({ length: count }, (_, index) => [`t${index}`, after(index)] as const);
  const hundred = 100_000;
  const left = Array.from({ length: 1_000 }, (_, index) => `t${index}`);
  const cases: [string, () => Case['tasks'], number, number][] = [
    ['a chain of 100,000', () => many(hundred, (at) => (at > 0 ? [`t${at - 1}`] : [])), hundred, hundred - 1],
    [
      'a chain of 100,000, last first',
      () => many(hundred, (at) => (at > 0 ? [`t${at - 1}`] : [])).toReversed(),
      hundred,
      hundred - 1,
    ],
    ['a fan of 100,000', () => many(hundred + 1, (at) => (at > 0 ? ['t0'] : [])), 2, hundred],
    [
      '100,000 into one',
      () => [...many(hundred, () => []), ['sink', many(hundred, () => []).map(([id]) => id)]],
      2,
      hundred,
    ],
    ['1,000 times 1,000', () => many(2_000, (at) => (at < 1_000 ? [] : left)), 2, 1_000_000],
  ];
  test.each(cases)('%s', (name, make, levels, edges) => {
    const tasks = make();
    const startedAt = performance.now();
    const graph = compile({ name, tasks, expected: {} });
    console.log(`${name}: ${Math.round(performance.now() - startedAt)} ms`);
    checkOrder(graph);
    expect([(graph.level.reduce((a, b) => Math.max(a, b)) ?? 0) + 1, graph.down.to.length]).toEqual([
      levels,
      edges,
    ]);
  });

  test('a cycle of 100,000 is named from a task back to itself', () => {
    const tasks = many(hundred, (at) => [`t${(at + hundred - 1) % hundred}`]);
    expect(() => compile({ name: 'cycle', tasks, expected: {} })).toThrow(/cycle: (t\d+) -> .* -> \1$/);
  });
});
