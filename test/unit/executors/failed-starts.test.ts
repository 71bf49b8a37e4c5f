import { describe, expect, it } from 'vitest';
import { FailedStarts } from '../../../core/executors/failed-starts.ts';

const KILLED = { signal: 'SIGKILL', why: null } as const;

function failures(count: number, gone: Parameters<FailedStarts['add']>[0]): FailedStarts {
  const failed = new FailedStarts();
  for (let no = 0; no < count; no++) failed.add(gone);
  return failed;
}

describe('starts that fail', () => {
  it.each([
    ['end with an exit code', { signal: null, why: null }],
    ['abort', { signal: 'SIGABRT', why: null }],
    ['are ended for the memory that they use', { signal: 'SIGKILL', why: 'memory' }],
  ] as const)('because they %s are given up after three, without waiting', (_, gone) => {
    expect([2, 3].map((count) => failures(count, gone).isHopeless)).toEqual([false, true]);
    expect(failures(2, gone).waitMs).toBe(0);
  });

  it('because others kill them are tried for some seconds, ever later', () => {
    const waits = Array.from({ length: 9 }, (_, no) => failures(no + 1, KILLED).waitMs);
    expect(waits).toEqual([0, 0, 50, 100, 200, 400, 800, 1_600, 2_000]);
    expect([9, 10].map((count) => failures(count, KILLED).isHopeless)).toEqual([false, true]);
  });

  it('are forgotten once one succeeds', () => {
    const failed = failures(9, KILLED);
    failed.clear();
    failed.add(KILLED);
    expect([failed.isHopeless, failed.waitMs]).toEqual([false, 0]);
  });
});
