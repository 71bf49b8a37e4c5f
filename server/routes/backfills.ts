import { Type } from 'typebox';
import { compileGraph } from '../../core/graph/graph.ts';
import type { BackfillRecord, BackfillState } from '../../core/model/backfill.ts';
import { because } from '../../core/model/because.ts';
import { AppError } from '../../core/model/errors.ts';
import { NO_MAX, type VersionNo } from '../../core/model/ids.ts';
import type { JsonObject } from '../../core/model/json.ts';
import type { Request } from '../../core/model/request.ts';
import type { RunScope } from '../../core/model/scope.ts';
import { wantedBackfill } from '../../core/scheduler/backfill-desk.ts';
import { previewBackfill } from '../../core/scheduler/preview-backfill.ts';
import type { VersionRecord } from '../../core/store/store.ts';
import type { Access } from '../access.ts';
import { askLeader } from '../ask-leader.ts';
import { readCursor, writeCursor } from '../cursor.ts';
import { readInstant } from '../instants.ts';
import { DRY_RUN, PLAN_HASH, requirePlan, withHash } from '../plans.ts';
import { API, type Route, route } from '../route.ts';
import { Backfill, BackfillId, BackfillPlan, Which } from '../schemas/backfill.ts';
import { Scope } from '../schemas/scope.ts';
import { AnyObject, DagId, exact, limitOf, PAGING, pageOf, storeNo } from '../schemas/words.ts';
import type { Services } from '../services.ts';
import { instant } from '../views.ts';

type Wanted = Extract<Request, { type: 'createBackfill' }>;

const tag = 'backfills';
const backfillId = { backfillId: BackfillId };

function view(one: BackfillRecord): Backfill {
  return {
    backfillId: String(one.backfillNo),
    dagId: one.dagId,
    firstAt: instant(one.firstAt),
    lastAt: instant(one.lastAt),
    which: one.which,
    reverse: one.reverse,
    scope: { ...one.scope },
    params: { ...one.params },
    maxActiveRuns: one.maxActiveRuns,
    state: one.state,
    slots: one.slots,
    decided: one.decided,
    left: one.spared,
    createdAt: instant(one.createdAt),
    createdBy: one.createdBy,
    endedAt: instant(one.endedAt),
  };
}

async function find({ store }: Services, access: Access, id: string): Promise<BackfillRecord> {
  const no = Number(id);
  const found = no > NO_MAX ? null : await store.backfill(no);
  if (found === null || !access.has('viewer', found.dagId))
    throw new AppError('not_found', `there is no backfill ${id}`);
  access.requireDag(found.dagId);
  return found;
}

const list = route('get', `${API}/backfills`, {
  id: 'listBackfills',
  tag,
  summary: 'Backfills, newest first',
  role: 'viewer',
  query: { ...PAGING, dagId: Type.Optional(DagId) },
  answer: pageOf('BackfillPage', Backfill),
  handle: async ({ store }, { query, access }) => {
    const limit = limitOf(query);
    const before = readCursor(query.cursor, ['no']);
    const dagIds = await access.dagIds(query.dagId === undefined ? undefined : [query.dagId]);
    const found = await store.backfills({
      limit: limit + 1,
      ...(dagIds === null ? {} : { dagIds }),
      ...(before === null ? {} : { before: before[0] }),
    });
    const items = found.slice(0, limit);
    const last = items.at(-1);
    const nextCursor = found.length > limit && last ? writeCursor([last.backfillNo]) : null;
    return { items: items.map(view), nextCursor };
  },
});

const get = route('get', `${API}/backfills/{backfillId}`, {
  id: 'getBackfill',
  tag,
  summary: 'A backfill and how far it is',
  role: 'viewer',
  params: backfillId,
  answer: Backfill,
  handle: async (services, { params, access }) => view(await find(services, access, params.backfillId)),
});

const create = route('post', `${API}/backfills`, {
  id: 'createBackfill',
  tag,
  summary: 'Makes runs for the slots of a DAG between two instants, both included',
  role: 'operator',
  query: DRY_RUN,
  body: exact({
    dagId: DagId,
    from: Type.String({ description: 'an instant or a day' }),
    to: Type.String({ description: 'an instant or a day' }),
    which: Type.Optional(Which),
    reverse: Type.Optional(Type.Boolean()),
    scope: Type.Optional(Scope),
    params: Type.Optional(AnyObject),
    maxActiveRuns: Type.Optional(storeNo('as many as the DAG may have, if absent')),
    ...PLAN_HASH,
  }),
  answer: Type.Union([Backfill, BackfillPlan]),
  status: 201,
  handle: async (services, { query, body, access }) => {
    const { versionNo } = await access.dag(body.dagId);
    const wanted: Wanted = {
      type: 'createBackfill',
      dagId: body.dagId,
      fromAt: readInstant('from', body.from),
      toAt: readInstant('to', body.to),
      dueBy: services.clock.now(),
      which: body.which ?? 'missing',
      reverse: body.reverse ?? false,
      scope: (body.scope ?? {}) as RunScope,
      params: (body.params ?? {}) as JsonObject,
      maxActiveRuns: body.maxActiveRuns ?? null,
      by: access.principal.name,
    };
    if (query.dryRun) return Response.json(await backfillPlan(services, versionNo, wanted)) as never;
    if (body.planHash !== undefined)
      requirePlan(body.planHash, await backfillPlan(services, versionNo, wanted));
    const value = await askLeader(services, wanted);
    return view(await find(services, access, String((value as { backfillId: number }).backfillId)));
  },
});

/** What a backfill would do with the version that new runs of its DAG have. */
async function backfillPlan(services: Services, versionNo: VersionNo, wanted: Wanted) {
  const { store, config, clock } = services;
  const { spec } = (await store.version(versionNo)) as VersionRecord;
  // Refused here as the leader would refuse it.
  wantedBackfill(1, wanted, compileGraph(spec), config.defaults.maxActiveRuns, clock.now());
  const counts = { run: 0, retry: 0, leave: 0 };
  const items = (await previewBackfill(store, spec, wanted)).map(({ logicalAt, at, fate }) => {
    counts[fate.what]++;
    const reason = because(fate.code, fate.facts);
    return { logicalDate: instant(logicalAt), dueAt: instant(at), action: fate.what, because: reason };
  });
  const { dueBy: _, by: __, ...asked } = wanted;
  return withHash({ asked }, { dagId: wanted.dagId, counts, items }) satisfies BackfillPlan;
}

function change(verb: string, id: string, summary: string, to: Exclude<BackfillState, 'done'>): Route {
  return route('post', `${API}/backfills/{backfillId}/${verb}`, {
    id,
    tag,
    summary,
    role: 'operator',
    params: backfillId,
    body: exact({}),
    answer: Backfill,
    handle: async (services, { params, access }) => {
      const { backfillNo } = await find(services, access, params.backfillId);
      await askLeader(services, { type: 'changeBackfill', backfillNo, to, by: access.principal.name });
      return view(await find(services, access, params.backfillId));
    },
  });
}

/** Backfills and what can be done with them. */
export const backfillRoutes: readonly Route[] = [
  list,
  get,
  create,
  change('pause', 'pauseBackfill', 'Makes no more runs of a backfill for now', 'paused'),
  change('resume', 'resumeBackfill', 'Goes on with a paused backfill', 'running'),
  change('cancel', 'cancelBackfill', 'Ends a backfill: its runs under way go on', 'cancelled'),
];
