import { describe, expect, it } from 'vitest';
import { type ChildUsage, ChildWatch, type Excess } from '../../../core/parsing/child-watch.ts';

const LIMITS = { cpuMs: 1_000, waitMs: 500, memoryBytes: 100 };

/** What a watch tells of a process that has `usage` at each of its looks, `everyMs` apart. */
function told(looks: number, everyMs: number, usage: (look: number) => Partial<ChildUsage>): Excess[] {
  const excesses: Excess[] = [];
  let look = 0;
  const watch = new ChildWatch(
    LIMITS,
    () => ({ cpuMs: 0, memoryBytes: 1, isRunnable: false, ...usage(look) }),
    (excess) => excesses.push(excess),
  );
  for (; look < looks && excesses.length === 0; look++) watch.look(look * everyMs);
  return excesses;
}

describe('a process that is watched', () => {
  it('may work for the time that it has', () => {
    expect(told(20, 50, (look) => ({ cpuMs: look * 50, isRunnable: true }))).toEqual([]);
    expect(told(40, 50, (look) => ({ cpuMs: look * 50, isRunnable: true }))).toEqual(['cpu']);
  });

  it('may wait for a processor as long as it takes', () => {
    expect(told(10_000, 50, () => ({ isRunnable: true }))).toEqual([]);
  });

  it('may sleep for the time that it has, and work in between does not begin it anew', () => {
    expect(told(9, 50, () => ({}))).toEqual([]);
    expect(told(14, 50, (look) => ({ cpuMs: look === 5 ? 10 : look > 5 ? 20 : 0 }))).toEqual(['wait']);
  });

  it('is not blamed for time in which nobody looked', () => {
    expect(told(5, 10_000, () => ({}))).toEqual([]);
  });

  it('may have the memory that it has', () => {
    expect(told(5, 50, () => ({ memoryBytes: 100 }))).toEqual([]);
    expect(told(5, 50, () => ({ memoryBytes: 101 }))).toEqual(['memory']);
  });
});
