import { hash } from 'node:crypto';
import type { RunCause } from '../model/asset.ts';
import type { Because } from '../model/because.ts';
import type { RunNo, RunUid } from '../model/ids.ts';
import type { JsonObject } from '../model/json.ts';
import type { RunRecord, TriggerKind } from '../model/run.ts';
import type { RunScope } from '../model/scope.ts';
import type { Slot } from '../timetables/timetable.ts';
import type { DagEntry } from './agenda.ts';

/** What a run takes from whoever makes it by a schedule. */
export interface SlotRunPlan {
  readonly entry: DagEntry;
  readonly params: JsonObject;
  /** `null`: a run by events or a file, which is about no time. */
  readonly slot: Slot | null;
  readonly cause?: RunCause;
  readonly runNo: RunNo;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly trigger: TriggerKind;
  readonly scope: RunScope;
  readonly because: Because;
  readonly backfillNo?: number;
}

/** The run of a slot, of events or of a file, queued, with the version that the DAG has now. */
export function slotRun(plan: SlotRunPlan): RunRecord {
  const { entry, slot, at, backfillNo, cause } = plan;
  const seed = slot === null ? JSON.stringify(cause) : `${slot.logicalAt}\n${slot.at}`;
  return {
    runNo: plan.runNo,
    uid: uidOf(entry.dagId, seed, at),
    dagId: entry.dagId,
    versionNo: entry.versionNo,
    state: 'queued',
    trigger: plan.trigger,
    params: plan.params,
    scope: plan.scope,
    maxParallel: null,
    inputsFrom: null,
    ...(backfillNo === undefined ? {} : { backfillNo }),
    ...(cause === undefined ? {} : { cause }),
    logicalAt: slot?.logicalAt ?? null,
    intervalStartAt: slot?.intervalStartAt ?? null,
    intervalEndAt: slot?.intervalEndAt ?? null,
    createdAt: at,
    startedAt: null,
    endedAt: null,
    because: plan.because,
  };
}

/** A version 7 UUID (RFC 9562) whose rest follows from what made the run: equal plans make equal runs. */
function uidOf(dagId: string, seed: string, at: number): RunUid {
  const digest = hash('sha256', `${dagId}\n${seed}`, 'hex');
  const time = at.toString(16).padStart(12, '0');
  const variant = ((Number.parseInt(digest[3] as string, 16) & 3) | 8).toString(16);
  const parts = [time.slice(0, 8), time.slice(8), `7${digest.slice(0, 3)}`, variant + digest.slice(4, 7)];
  return [...parts, digest.slice(7, 19)].join('-') as RunUid;
}
