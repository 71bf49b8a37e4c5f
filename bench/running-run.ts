import { because } from '../core/model/because.ts';
import type { RunNo, RunUid, VersionNo } from '../core/model/ids.ts';
import type { RunRecord } from '../core/model/run.ts';

/** The row of a run of a bench that began at an instant and has no params and no scope. */
export function runningRun(
  about: {
    readonly runNo: RunNo;
    readonly uid: RunUid;
    readonly dagId: string;
    readonly versionNo: VersionNo;
  },
  at: number,
): RunRecord {
  return {
    ...about,
    state: 'running',
    trigger: 'manual',
    params: {},
    scope: {},
    maxParallel: null,
    inputsFrom: null,
    logicalAt: null,
    intervalStartAt: null,
    intervalEndAt: null,
    createdAt: at,
    startedAt: at,
    endedAt: null,
    because: because('triggered', { by: 'bench' }),
  };
}
