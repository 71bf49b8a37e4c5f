import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { LeaderBeat } from '../../../core/store/sqlite/leader-beat.ts';

test('the last sign of a leader is seen by other processes, and its age follows the clock', () => {
  const folder = mkdtempSync(join(tmpdir(), 'orch-beat-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  let now = 1_700_000_000_000;
  const clock = { now: () => now, mono: () => 0 };
  const path = join(folder, 'orch.db');
  const [leader, other] = [new LeaderBeat(path, clock), new LeaderBeat(path, clock)];
  expect(other.silentMs()).toBe(0);
  leader.give();
  leader.give();
  now += 45_000;
  expect(other.silentMs()).toBe(45_000);
  leader.give();
  expect(other.silentMs()).toBe(0);
  now -= 5_000;
  expect(other.silentMs()).toBe(0);
});

test('a sign that cannot be given ends nobody', () => {
  const folder = mkdtempSync(join(tmpdir(), 'orch-beat-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'file'), '');
  const beat = new LeaderBeat(join(folder, 'file', 'orch.db'), { now: () => 1, mono: () => 0 });
  expect(() => beat.give()).not.toThrow();
});
