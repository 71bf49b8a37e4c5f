import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { Pace } from '../../../core/executors/pace.ts';
import { Turnstile } from '../../../core/executors/turnstile.ts';
import type { AttemptDefinition } from '../../../core/model/attempt.ts';

const folder = mkdtempSync(join(tmpdir(), 'orch-turnstile-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
let runner: Turnstile;
let leader: Turnstile;
let path: string;
beforeEach(() => {
  path = join(folder, String(++files));
  runner = new Turnstile(path, 'runner');
  leader = new Turnstile(path, 'leader');
});

test('whoever comes first has the order, and both sides know', () => {
  expect(runner.pass(1)).toBe(true);
  expect(leader.pass(1)).toBe(false);
  expect(leader.pass(2)).toBe(true);
  expect(runner.pass(2)).toBe(false);
  expect(runner.pass(3)).toBe(true);
  expect([leader.holder(1), leader.holder(2), leader.holder(3), leader.holder(4)]).toEqual([
    'runner',
    'leader',
    'runner',
    null,
  ]);
});

test('each side gets what the other does not, in whatever order they come', () => {
  for (let seed = 1; seed <= 200; seed++) {
    let state = seed;
    const chance = (): number => {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
      return state / 2_147_483_648;
    };
    const one = new Turnstile(`${path}-${seed}`, 'runner');
    const other = new Turnstile(`${path}-${seed}`, 'leader');
    const got = new Map<string, boolean>();
    let next = { runner: 1, leader: 1 };
    while (next.runner <= 20 || next.leader <= 20) {
      const isRunner = next.leader > 20 || (next.runner <= 20 && chance() < 0.5);
      const order = isRunner ? next.runner : next.leader;
      got.set(`${isRunner ? 'runner' : 'leader'} ${order}`, (isRunner ? one : other).pass(order));
      next = isRunner ? { ...next, runner: order + 1 } : { ...next, leader: order + 1 };
      if (isRunner && chance() < 0.2) other.forget(order - 5);
    }
    for (let order = 1; order <= 20; order++) {
      const pair = [got.get(`runner ${order}`), got.get(`leader ${order}`)];
      expect(pair.filter(Boolean), `seed ${seed}, order ${order}`).toHaveLength(1);
    }
    one.close();
    other.close();
  }
});

test('half a record at the end of the file gives nobody an order', () => {
  expect(runner.pass(1)).toBe(true);
  appendFileSync(path, Buffer.alloc(3));
  expect(leader.holder(1)).toBe('runner');
  expect(leader.holder(2)).toBe(null);
});

test('a task is slow after one slow attempt, and quick again after several quick ones', () => {
  const pace = new Pace();
  const definition = {} as AttemptDefinition;
  expect(pace.of(definition)).toBe(Number.POSITIVE_INFINITY);
  for (let round = 0; round < 10; round++) pace.saw(definition, 0.01);
  expect(pace.of(definition)).toBeCloseTo(0.01);
  pace.saw(definition, 100);
  expect(pace.of(definition)).toBeGreaterThan(40);
  for (let round = 0; round < 100; round++) pace.saw(definition, 0.01);
  expect(pace.of(definition)).toBeLessThan(0.1);
});
