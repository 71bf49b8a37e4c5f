import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MUTANTS } from './all.ts';
import { mutated } from './mutant.ts';

const PROJECT = join(import.meta.dirname, '../../..');

describe('mutants', () => {
  it('have names of their own', () => {
    const names = MUTANTS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  it.each(MUTANTS)('$name still has its place, once', (mutant) => {
    expect(mutated(mutant, PROJECT)).not.toBe('');
    expect(mutant.replace).not.toBe(mutant.find);
  });
});
