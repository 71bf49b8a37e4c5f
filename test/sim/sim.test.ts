import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { COMMIT_FAULTS } from './sim-store.ts';

const MAIN = join(import.meta.dirname, 'sim-main.ts');

interface Figures {
  readonly runs: number;
  readonly attempts: number;
  readonly violations: number;
  readonly failed: readonly number[];
  readonly digests: readonly string[];
  readonly struck: { readonly [kind: string]: number };
}

/** Plays worlds in a process of their own, whose timers are the simulation's. */
async function play(seed: number, seeds: number): Promise<Figures> {
  const args = [MAIN, '--seeds', String(seeds), '--seed', String(seed), '--json'];
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 1e8 }).catch(
    (error: { stdout: string; stderr: string }) => {
      if (error.stdout === '') throw new Error(error.stderr);
      return error;
    },
  );
  return JSON.parse(stdout) as Figures;
}

describe('worlds of DAGs, people and faults', () => {
  it('break nothing that is promised', async () => {
    const halves = await Promise.all([play(1, 30), play(31, 30)]);
    expect(halves.flatMap(({ failed }) => failed)).toEqual([]);
    const [first, second] = halves as [Figures, Figures];
    expect(first.runs + second.runs).toBeGreaterThan(500);
    for (const kind of [...COMMIT_FAULTS, 'midDispatch', 'outage', 'oldRead'].filter((one) => one !== 'pass'))
      expect([kind, (first.struck[kind] ?? 0) + (second.struck[kind] ?? 0)]).not.toEqual([kind, 0]);
  });

  // Each of these showed a defect that none of the first worlds shows.
  it('break nothing where they did before', async () => {
    const played: Figures[] = [];
    for (const seed of [69, 77, 143, 267, 292, 314, 391, 687]) played.push(await play(seed, 1));
    expect(played.flatMap(({ failed }) => failed)).toEqual([]);
  });

  it('are the same for the same seed, to the last byte of the journal', async () => {
    const [once, again] = await Promise.all([play(7, 3), play(7, 3)]);
    expect(once.digests).toHaveLength(3);
    expect(again.digests).toEqual(once.digests);
  });
});
