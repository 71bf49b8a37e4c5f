import type { Graph } from '../graph/graph.ts';
import { requiredSelection } from '../graph/required-selection.ts';
import type { BackfillRecord } from '../model/backfill.ts';
import { AppError } from '../model/errors.ts';
import type { Request } from '../model/request.ts';
import { checkRange } from '../planner/backfill-range.ts';
import type { BackfillRequest } from '../planner/backfill-requests.ts';
import { checkParams, paramsRefusal } from '../schema/params.ts';
import type { Store } from '../store/store.ts';

/**
 * A backfill as it is asked for, with the number of the request as its own.
 * @throws AppError where there can be none: see {@link checkRange}; `invalid` if the params do not fit.
 */
export function wantedBackfill(
  backfillNo: number,
  request: Extract<Request, { type: 'createBackfill' }>,
  graph: Graph,
  defaultRuns: number,
  at: number,
): BackfillRecord {
  const { spec } = graph;
  requiredSelection(graph, request.scope);
  const slots = checkRange(spec, request);
  const checked = checkParams(spec, request.params);
  if (!checked.ok) throw paramsRefusal(checked.problems, `DAG ${spec.id} has no run with these params: `);
  return {
    backfillNo,
    dagId: request.dagId,
    firstAt: slots[0]?.at ?? 0,
    lastAt: slots.at(-1)?.at ?? 0,
    which: request.which,
    reverse: request.reverse,
    scope: request.scope,
    params: request.params,
    maxActiveRuns: request.maxActiveRuns ?? spec.maxActiveRuns ?? defaultRuns,
    state: 'running',
    cursorAt: null,
    slots: slots.length,
    decided: 0,
    spared: 0,
    createdAt: at,
    createdBy: request.by,
    endedAt: null,
  };
}

/**
 * A change of a backfill for the planner.
 * @throws AppError `not_found` if there is no such backfill.
 */
export async function wantedChange(
  store: Store,
  { backfillNo, to, by }: Extract<Request, { type: 'changeBackfill' }>,
): Promise<BackfillRequest> {
  const backfill = await store.backfill(backfillNo);
  if (backfill === null) throw new AppError('not_found', `there is no backfill ${backfillNo}`);
  return { kind: 'changeBackfill', backfill, to, by };
}
