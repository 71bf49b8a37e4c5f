import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { QUICK_IMPORTS } from '../quick-imports.ts';
import { COMMIT_FAULTS } from './sim-store.ts';
import { TELLING_SEEDS } from './telling-seeds.ts';

const MAIN = join(import.meta.dirname, 'sim-main.ts');

interface Figures {
  readonly runs: number;
  readonly attempts: number;
  readonly violations: number;
  readonly failed: readonly number[];
  readonly digests: readonly string[];
  readonly struck: { readonly [kind: string]: number };
  readonly reasons: { readonly [code: string]: number };
  readonly hooks: number;
}

/** Plays worlds from each of some seeds on, in a process of their own, whose timers are the simulation's. */
async function play(firsts: readonly number[], seeds: number, kind = 'plain'): Promise<Figures> {
  const from = firsts.flatMap((seed) => ['--seed', String(seed)]);
  const args = [...QUICK_IMPORTS, MAIN, '--kind', kind, '--seeds', String(seeds), ...from, '--json'];
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 1e8 }).catch(
    (error: { stdout: string; stderr: string }) => {
      if (error.stdout === '') throw new Error(error.stderr);
      return error;
    },
  );
  return JSON.parse(stdout) as Figures;
}

// Worlds take as long as the machine is slow: what they must not do is told by their figures.
describe('worlds of DAGs, people and faults', { timeout: 240_000 }, () => {
  it('break nothing that is promised', async () => {
    const halves = await Promise.all([play([1], 9), play([10], 9)]);
    expect(halves.flatMap(({ failed }) => failed)).toEqual([]);
    const [first, second] = halves as [Figures, Figures];
    expect(first.runs + second.runs).toBeGreaterThan(300);
    for (const kind of [...COMMIT_FAULTS, 'midDispatch', 'outage', 'oldRead'].filter((one) => one !== 'pass'))
      expect([kind, (first.struck[kind] ?? 0) + (second.struck[kind] ?? 0)]).not.toEqual([kind, 0]);
  });

  it('break nothing where they did before', async () => {
    const played = await play(TELLING_SEEDS, 1);
    expect([played.failed, played.digests.length]).toEqual([[], TELLING_SEEDS.length]);
  });

  it('break nothing where tasks also wait, ask people, call hooks and share assets', async () => {
    const played = await Promise.all([play([1], 4, 'wide'), play([5], 4, 'wide')]);
    expect(played.flatMap(({ failed }) => failed)).toEqual([]);
    const [first, second] = played as [Figures, Figures];
    expect(first.hooks + second.hooks).toBeGreaterThan(60);
    for (const code of ['not_yet', 'deferred', 'looped', 'answered', 'assets_changed'])
      expect([code, (first.reasons[code] ?? 0) + (second.reasons[code] ?? 0)]).not.toEqual([code, 0]);
  });

  it('are the same for the same seed, to the last byte of the journal', async () => {
    const [once, again] = await Promise.all([play([7, 8], 1), play([8, 7], 1)]);
    expect(new Set(once.digests).size).toBe(2);
    expect(again.digests.toReversed()).toEqual(once.digests);
  });
});
