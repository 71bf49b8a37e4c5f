import type { Action, InstanceChange } from '../../core/model/action.ts';
import { becauseNumber } from '../../core/model/because.ts';
import type { NodeNo, RunNo, RunUid, VersionNo } from '../../core/model/ids.ts';
import { S } from '../../core/model/states.ts';
import { runningRun } from '../running-run.ts';

/** When all of it happened. */
export const AT = 1_763_000_000_000;

/** The id of the run with a number. */
export function uidOf(no: number): string {
  return `01980000-0000-7000-8000-${no.toString(16).padStart(12, '0')}`;
}

/** A run that has ended, as what was decided about it. */
export function finished(
  no: number,
  dagId: string,
  versionNo: number,
  counts: Record<string, number>,
): Action[] {
  const isFailed = counts['failed'] !== undefined;
  const about = { runNo: no as RunNo, uid: uidOf(no) as RunUid, dagId, versionNo: versionNo as VersionNo };
  const run = runningRun(about, AT);
  const end: Action = {
    type: 'run.change',
    runNo: run.runNo,
    from: 'running',
    to: isFailed ? 'failed' : 'success',
    code: isFailed ? 'leaf_failed' : 'leaves_succeeded',
    facts: null,
    endedAt: AT + 9_000,
    counts,
  };
  return [{ type: 'run.create', run }, end];
}

/** An instance that succeeded in its first attempt. */
export function succeeded(run: number, node: number): InstanceChange {
  return {
    type: 'instance',
    runNo: run as RunNo,
    nodeNo: node as NodeNo,
    fresh: true,
    from: S.none,
    fromTry: 0,
    to: S.success,
    tryNo: 1,
    tryBase: 0,
    lost: 0,
    reason: 0,
    because: becauseNumber('succeeded'),
    facts: null,
    queuedAt: AT,
    startedAt: AT,
    endedAt: AT + 1_000,
    dueAt: null,
    error: null,
    log: { segment: 1, offset: node, length: 100 },
  };
}
