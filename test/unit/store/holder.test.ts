import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { isKnownDead, thisHolder, toHolder } from '../../../core/store/holder.ts';
import type { LeaderRecord } from '../../../core/store/holder-record.ts';

const clock = { now: () => 0, mono: () => 0 };
const here = toHolder(1, thisHolder(clock)) as LeaderRecord;
/** The number of a process that has ended. */
const goneBy = spawnSync(process.execPath, ['-e', '']).pid;

// Without /proc nobody is ever known to be dead: the lease runs out instead.
describe.runIf(process.platform === 'linux')('a leader is known to be dead', () => {
  it('if it was a process of this machine that is gone', () =>
    expect(isKnownDead({ ...here, pid: goneBy })).toBe(true));

  it('also while its parent has not taken note of its end', async () => {
    // The shell becomes a program that never asks for the exit code of its child.
    const parent = spawn('sh', ['-c', 'true & echo $!; exec cat'], { stdio: 'pipe' });
    onTestFinished(() => void parent.kill('SIGKILL'));
    const [pid] = (await once(parent.stdout, 'data')) as [Buffer];
    await expect.poll(() => isKnownDead({ ...here, pid: Number(pid) })).toBe(true);
  });

  it.each<[string, Partial<LeaderRecord>]>([
    ['not while it lives', { pid: process.pid }],
    ['not if it is of another machine', { host: 'elsewhere' }],
    ['not if it is of another start of the machine', { bootId: 'another' }],
    ['not if it is of another container', { pidSpace: 'pid:[1]' }],
    ['not if it does not say where it is', { bootId: '', pidSpace: '' }],
  ])('%s', (_, other) => expect(isKnownDead({ ...here, pid: goneBy, ...other })).toBe(false));
});
