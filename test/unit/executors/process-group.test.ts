import { type ChildProcess, spawnSync } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import type { GroupRegistry } from '../../../core/executors/group-registry.ts';
import type { Job } from '../../../core/executors/job.ts';
import type { LocalSettings } from '../../../core/executors/local-options.ts';
import { type GroupExit, leftRemarks, ProcessGroup } from '../../../core/executors/process-group.ts';
import { sealedLog } from '../../../core/executors/sealed-log.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A group whose first process is dead already; `strays` says who of it cannot be killed, look by look. */
function deadGroup(strays: () => readonly number[]) {
  const { pid } = spawnSync('true');
  const child = Object.assign(new EventEmitter(), { pid }) as unknown as ChildProcess & { pid: number };
  const registered = new Set<number>();
  const registry = {
    add: (group: number) => registered.add(group),
    remove: (group: number) => registered.delete(group),
  } as unknown as GroupRegistry;
  const onGone = vi.fn<(exit: GroupExit) => void>();
  const group = new ProcessGroup({
    name: '1.1',
    child,
    registry,
    killStrays: strays,
    memoryBytes: null,
    onGone,
  });
  return { end: () => child.emit('exit', 0, null), group, onGone, registered };
}

test('a group is gone only when those that left it are dead', async () => {
  const looks = [[7, 8], [8], []];
  const { end, onGone, registered } = deadGroup(() => looks.shift() ?? []);
  end();
  expect(onGone).not.toHaveBeenCalled();
  expect(registered.size).toBe(1);
  await vi.advanceTimersToNextTimerAsync();
  expect(onGone).not.toHaveBeenCalled();
  await vi.advanceTimersToNextTimerAsync();
  expect(onGone).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: 0, left: [] }));
  expect(registered.size).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
});

test('a process that cannot be killed is told of within the patience of the leader', async () => {
  const { end, onGone } = deadGroup(() => [7]);
  end();
  await vi.advanceTimersByTimeAsync(500);
  expect(onGone).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1_400);
  expect(onGone).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ left: [7] }));
  expect(vi.getTimerCount()).toBe(0);
});

test('the log of an attempt that had ended names what lives on', () => {
  const stateDir = mkdtempSync(join(tmpdir(), 'orch-left-'));
  onTestFinished(() => rmSync(stateDir, { recursive: true, force: true }));
  const job = {
    order: { runNo: 1, attemptId: '1.1.1' },
    lane: { segment: 1, end: 0 },
  } as unknown as Job;
  const settings = { stateDir, clock: { now: () => 0 } } as unknown as LocalSettings;
  const first = sealedLog(job, settings, ['said before']);
  const whole = sealedLog(
    { ...job, lane: { segment: 1, end: first?.length ?? 0 } as never },
    settings,
    leftRemarks([7]),
    0,
  );
  expect(whole).toMatchObject({ offset: 0 });
  const folder = join(stateDir, 'logs', '1');
  const text = readFileSync(join(folder, readdirSync(folder)[0] ?? ''), 'utf8');
  expect(text.length).toBe(whole?.length);
  expect(text).toMatch(/said before[\s\S]*could not be killed and live on: 7/);
});
