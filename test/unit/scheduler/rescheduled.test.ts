import { expect, test } from 'vitest';
import type { DagSpec, ScheduleSpec } from '../../../core/model/dag.ts';
import type { VersionNo } from '../../../core/model/ids.ts';
import { isScheduledAnew } from '../../../core/scheduler/rescheduled.ts';
import type { VersionRecord } from '../../../core/store/store.ts';

const version = (no: number, dagId: string, cron: string, createdAt: number): VersionRecord => {
  const schedule: ScheduleSpec[] = [{ kind: 'cron', cron }];
  const spec = { v: 1, id: dagId, schedule, tasks: [] } as DagSpec;
  const hashes = { graphHash: `${no}`, codeHash: 'c', file: 'dags/a.ts' };
  return { versionNo: no as VersionNo, dagId, spec, createdAt, ...hashes };
};

const [old, other, edited, kept] = [
  version(1, 'a', '0 * * * *', 100),
  version(2, 'b', '0 2 * * *', 150),
  version(3, 'a', '30 * * * *', 200),
  version(4, 'a', '30 * * * *', 300),
];
const all = [kept, edited, other, old];
const store = {
  version: async (no: number) => all.find(({ versionNo }) => versionNo === no) ?? null,
  versionsOf: async (dagId: string, limit: number, before = 100) =>
    all.filter((one) => one.dagId === dagId && one.versionNo < before).slice(0, limit),
};

test.each([
  ['the schedule is another one than that of the last version', old, edited, 250, true],
  ['the tasks alone are others', edited, kept, 250, false],
  ['a trigger has stored the version, and nothing was decided since', edited, edited, 150, true],
  ['the process that saw the edit has decided', edited, edited, 200, false],
  ['nothing was ever decided', edited, edited, null, false],
  ['there is no version before it', old, old, 50, false],
])('slots count anew or not when %s', async (_what, before, after, cursorAt, expected) => {
  expect(await isScheduledAnew(store, before, after, { cursorAt })).toBe(expected);
});
