import { isDeepStrictEqual } from 'node:util';
import type { RunNo } from '../core/model/ids.ts';
import type { JsonObject } from '../core/model/json.ts';
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
}

export interface StartedRun {
  readonly runNo: RunNo;
  readonly uid: string;
  readonly resumed: boolean;
}

/**
 * Starts a run, or goes on with the unfinished one of the same DAG, scope and params whose process is gone.
 * Only a process that leads can know that of a run: nobody else does. A run that was asked for before this
 * process began, and not made yet, is such a run too.
 */
export async function startRun(
  store: Store,
  session: Session,
  wanted: WantedRun,
  beganAt: number,
): Promise<StartedRun> {
  if (session.leading) await makeAskedRuns(store, session, wanted, beganAt);
  const orphan = session.leading ? await findOrphan(store, wanted) : null;
  if (orphan !== null && !wanted.fresh) {
    valueOfAnswer(await session.ask({ type: 'adopt', runUid: orphan.uid }));
    return { runNo: orphan.runNo, uid: orphan.uid, resumed: true };
  }
  const { dagId, runUid, params, scope, maxParallel, inputsFrom } = wanted;
  const replaces = orphan?.uid ?? null;
  const request = {
    type: 'trigger',
    dagId,
    runUid,
    trigger: 'manual',
    params,
    scope,
    maxParallel,
    inputsFrom,
    replaces,
  } as const;
  valueOfAnswer(await session.ask(request));
  const [run] = await store.runsByUid(runUid);
  if (run === undefined) throw new Error(`the leader accepted run ${runUid}, but the store does not have it`);
  return { runNo: run.runNo, uid: run.uid, resumed: false };
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

async function findOrphan(store: Store, wanted: WantedRun): Promise<RunRecord | null> {
  const unfinished = await store.unfinishedRuns();
  return unfinished.filter((run) => isLike(run, wanted)).at(-1) ?? null;
}

function isLike(run: Pick<RunRecord, 'dagId' | 'scope' | 'params'>, wanted: WantedRun): boolean {
  return (
    run.dagId === wanted.dagId &&
    isDeepStrictEqual(plain(run.scope), plain(wanted.scope)) &&
    isDeepStrictEqual(plain(run.params), plain(wanted.params))
  );
}

/** Scopes and params compare by content; what made them does not matter. */
function plain(value: object): unknown {
  return JSON.parse(JSON.stringify(value));
}
