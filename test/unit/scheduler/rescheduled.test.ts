import { expect, test } from 'vitest';
import type { DagSpec, ScheduleSpec } from '../../../core/model/dag.ts';
import type { VersionNo } from '../../../core/model/ids.ts';
import { isScheduledAnew } from '../../../core/scheduler/rescheduled.ts';
import type { VersionRecord } from '../../../core/store/store.ts';

const version = (no: number, cron: string): VersionRecord => {
  const schedule: ScheduleSpec[] = [{ kind: 'cron', cron }];
  const spec = { v: 1, id: 'a', schedule, tasks: [] } as DagSpec;
  const hashes = { graphHash: `${no}`, codeHash: 'c', file: 'dags/a.ts' };
  return { versionNo: no as VersionNo, dagId: 'a', spec, createdAt: no, ...hashes };
};

const [old, edited, kept] = [version(1, '0 * * * *'), version(2, '30 * * * *'), version(3, '30 * * * *')];
const store = {
  version: async (no: number) => [old, edited, kept].find(({ versionNo }) => versionNo === no) ?? null,
};

test.each([
  ['another schedule decided them last, whoever has stored this version', old, edited, true],
  ['it is that of before again, and nothing was decided by it since', edited, old, true],
  ['the tasks alone are others', edited, kept, false],
  ['this version decided them last', edited, edited, false],
  ['nothing was ever decided', null, edited, false],
])('slots count anew or not when %s', async (_what, decided, now, expected) => {
  expect(await isScheduledAnew(store, now, { decidedNo: decided?.versionNo ?? null })).toBe(expected);
});
