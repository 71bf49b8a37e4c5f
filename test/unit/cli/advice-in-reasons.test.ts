import { expect, test } from 'vitest';
import { COMMANDS } from '../../../cli/commands.ts';
import { BECAUSE_CODES, because } from '../../../core/model/because.ts';

test('a reason recommends only commands that exist', () => {
  const advised = BECAUSE_CODES.flatMap((code) => [...because(code).text.matchAll(/`orch ([a-z]+)/g)]);
  expect(advised.length).toBeGreaterThan(0);
  const known = new Set(COMMANDS.map(({ name }) => name));
  expect(advised.map(([, name]) => name).filter((name) => !known.has(name ?? ''))).toEqual([]);
});
