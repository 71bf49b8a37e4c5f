import { isDeepStrictEqual } from 'node:util';
import type { PriorityLevel } from '../core/model/dag.ts';
import type { RunNo } from '../core/model/ids.ts';
import type { JsonObject } from '../core/model/json.ts';
import type { TakeOver } from '../core/model/request.ts';
import type { RunRecord } from '../core/model/run.ts';
import type { RunScope } from '../core/model/scope.ts';
import type { Session } from '../core/scheduler/session.ts';
import type { Store } from '../core/store/store.ts';
import { valueOfAnswer } from './answer-error.ts';

/** A run that a command line asks for. */
export interface WantedRun {
  readonly dagId: string;
  readonly runUid: string;
  readonly scope: RunScope;
  readonly params: JsonObject;
  readonly maxParallel: number | null;
  /** Id of the run whose outputs stand in for tasks outside the scope. */
  readonly inputsFrom: string | null;
  /** Whether tasks run in runners: functions and operators do. */
  readonly needsRunner: boolean;
  /** Never resume. */
  readonly fresh: boolean;
  readonly by: string;
  /** Nothing is taken from the cache. */
  readonly noCache: boolean;
  /** With this version; absent: with the one that new runs have. */
  readonly versionNo?: number;
  /** How urgent it is; absent: as its tasks say. */
  readonly priority?: PriorityLevel;
}

export interface StartedRun {
  readonly runNo: RunNo;
  readonly uid: string;
  readonly resumed: boolean;
}

/**
 * Starts a run, or goes on with the unfinished one of the same DAG, scope and params whose process is gone.
 * Only the process that leads can know that of a run: a leader that has just begun has no runs, any other one
 * is asked. A run that was asked for before this process began, and not made yet, is such a run too.
 */
export async function startRun(
  store: Store,
  session: Session,
  wanted: WantedRun,
  beganAt: number,
): Promise<StartedRun> {
  const isLeading = session.leading;
  if (isLeading) await makeAskedRuns(store, session, wanted, beganAt);
  const unfinished = await unfinishedLike(store, wanted);
  if (!wanted.fresh) {
    const resumed = isLeading
      ? await resume(session, unfinished.slice(0, 1), null)
      : await resume(session, unfinished, { by: wanted.by, latest: false });
    if (resumed !== null) return { runNo: resumed.runNo, uid: resumed.uid, resumed: true };
  }
  const { dagId, runUid, params, scope, maxParallel, inputsFrom, noCache } = wanted;
  const request = {
    type: 'trigger',
    dagId,
    runUid,
    trigger: 'manual',
    params,
    scope,
    maxParallel,
    inputsFrom,
    replaces: wanted.fresh ? (unfinished[0]?.uid ?? null) : null,
    sparesLed: !isLeading,
    noCache,
    by: wanted.by,
    ...(wanted.priority === undefined ? {} : { priority: wanted.priority }),
    ...(wanted.versionNo === undefined ? {} : { versionNo: wanted.versionNo }),
  } as const;
  valueOfAnswer(await session.ask(request));
  const [run] = await store.runsByUid(runUid);
  if (run === undefined) throw new Error(`the leader accepted run ${runUid}, but the store does not have it`);
  return { runNo: run.runNo, uid: run.uid, resumed: false };
}

/** Goes on with the first of these runs that is interrupted; `null` if the leader has them all. */
async function resume(
  session: Session,
  runs: readonly RunRecord[],
  takeOver: TakeOver | null,
): Promise<RunRecord | null> {
  for (const run of runs) {
    const how = takeOver === null ? {} : { takeOver };
    const answer = await session.ask({ type: 'adopt', runUid: run.uid, ...how });
    if (answer.ok) return run;
    if (takeOver === null || answer.code !== 'conflict') valueOfAnswer(answer);
  }
  return null;
}

/** Waits for the runs like this one that a process asked for and did not live to see. */
async function makeAskedRuns(
  store: Store,
  session: Session,
  wanted: WantedRun,
  beganAt: number,
): Promise<void> {
  for (const { inboxId, request, createdAt } of await store.pendingRequests()) {
    const isSame = request.type === 'trigger' && isLike(request, wanted);
    if (isSame && createdAt < beganAt) await session.answered(inboxId);
  }
}

/** Newest first. */
async function unfinishedLike(store: Store, wanted: WantedRun): Promise<readonly RunRecord[]> {
  return (await store.unfinishedRuns()).filter((run) => isLike(run, wanted)).reverse();
}

/** What runs have in common of which one goes on for the other. */
type Alike = Pick<RunRecord, 'dagId' | 'scope' | 'params'> & {
  readonly noCache?: boolean;
  readonly versionNo?: number;
};

function isLike(run: Alike, wanted: WantedRun): boolean {
  return (
    run.dagId === wanted.dagId &&
    (run.noCache ?? false) === wanted.noCache &&
    (wanted.versionNo === undefined || run.versionNo === wanted.versionNo) &&
    isDeepStrictEqual(plain(run.scope), plain(wanted.scope)) &&
    isDeepStrictEqual(plain(run.params), plain(wanted.params))
  );
}

/** Scopes and params compare by content; what made them does not matter. */
function plain(value: object): unknown {
  return JSON.parse(JSON.stringify(value));
}
