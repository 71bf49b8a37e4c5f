import { Type } from 'typebox';
import { AppError } from '../../core/model/errors.ts';
import type { RunNo } from '../../core/model/ids.ts';
import type { JsonObject } from '../../core/model/json.ts';
import type { RunRecord } from '../../core/model/run.ts';
import type { RunScope } from '../../core/model/scope.ts';
import { type MarkChoice, previewMark } from '../../core/scheduler/preview-mark.ts';
import { previewRetry, type RetryChoice } from '../../core/scheduler/preview-retry.ts';
import { runJson } from '../../core/store/run-json.ts';
import { askLeader, namedInside } from '../ask-leader.ts';
import { askingSpan } from '../asking-span.ts';
import { readCursor, writeCursor } from '../cursor.ts';
import { readInstant } from '../instants.ts';
import { DRY_RUN, PLAN_HASH, requirePlan, withHash } from '../plans.ts';
import { readDetail, readDetailAnew } from '../read-run.ts';
import { API, type Route, route } from '../route.ts';
import { MarkPlan, RetryPlan, Run, RunDetail, RunState } from '../schemas/run.ts';
import { Scope } from '../schemas/scope.ts';
import { Priority } from '../schemas/task.ts';
import { AnyObject, DagId, exact, limitOf, oneOf, PAGING, pageOf, RunId, storeNo } from '../schemas/words.ts';
import type { Services } from '../services.ts';

const tag = 'runs';
const UUID = '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$';
const runId = { runId: RunId };

const Trigger = exact({
  runId: Type.Optional(
    Type.String({ pattern: UUID, description: 'a UUID of your own: asked for twice it is one run' }),
  ),
  params: Type.Optional(AnyObject),
  scope: Type.Optional(Scope),
  maxParallel: Type.Optional(storeNo('attempts at once')),
  inputsFrom: Type.Optional(RunId),
  noCache: Type.Optional(Type.Boolean()),
  priority: Type.Optional(Priority),
  version: Type.Optional(storeNo('absent: the one that new runs have')),
});

const Retry = exact({
  select: Type.Optional(oneOf(['failed', 'all', 'tasks'], 'failed is all that did not end well')),
  tasks: Type.Optional(Type.Array(Type.String(), { description: 'names of tasks or instances' })),
  upstream: Type.Optional(Type.Boolean()),
  downstream: Type.Optional(Type.Boolean()),
  latest: Type.Optional(Type.Boolean({ description: 'with the newest version of the DAG' })),
  ...PLAN_HASH,
});

const Ended = oneOf(['success', 'failed'], 'the state that it shall have');

const list = route('get', `${API}/runs`, {
  id: 'listRuns',
  tag,
  summary: 'Runs, newest first',
  role: 'viewer',
  query: {
    ...PAGING,
    dagId: Type.Optional(Type.Array(DagId)),
    state: Type.Optional(Type.Array(RunState)),
    since: Type.Optional(Type.String({ format: 'date-time', description: 'created then or later' })),
  },
  answer: pageOf('RunPage', Run),
  handle: async ({ store }, { query, access }) => {
    const limit = limitOf(query);
    const at = readCursor(query.cursor, ['no']);
    const dagIds = await access.dagIds(query.dagId);
    const runs =
      dagIds?.length === 0
        ? []
        : await store.runs({
            limit: limit + 1,
            ...(dagIds === null ? {} : { dagId: dagIds }),
            ...(query.state === undefined ? {} : { states: query.state }),
            ...(query.since === undefined ? {} : { since: readInstant('since', query.since) }),
            ...(at === null ? {} : { before: at[0] as RunNo }),
          });
    const items = runs.slice(0, limit);
    const last = items.at(-1);
    const nextCursor = runs.length > limit && last !== undefined ? writeCursor([last.runNo]) : null;
    return { items: items.map((run) => runJson(run) as Run), nextCursor };
  },
});

const get = route('get', `${API}/runs/{runId}`, {
  id: 'getRun',
  tag,
  summary: 'A run and how far it is',
  role: 'viewer',
  params: runId,
  answer: RunDetail,
  handle: async (services, { params, access }) => readDetail(services, await access.run(params.runId)),
});

const trigger = route('post', `${API}/dags/{dagId}/runs`, {
  id: 'triggerRun',
  tag,
  summary: 'Starts a run',
  role: 'operator',
  params: { dagId: DagId },
  body: Trigger,
  answer: RunDetail,
  status: 201,
  handle: async (services, { params, body, access, newId, header }) => {
    await access.dag(params.dagId);
    const runUid = body.runId ?? newId();
    await askLeader(services, {
      type: 'trigger',
      dagId: params.dagId,
      runUid,
      trigger: 'api',
      params: (body.params ?? {}) as JsonObject,
      scope: (body.scope ?? {}) as RunScope,
      maxParallel: body.maxParallel ?? null,
      inputsFrom: body.inputsFrom === undefined ? null : (await access.run(body.inputsFrom)).uid,
      replaces: null,
      by: access.principal.name,
      ...askingSpan(header),
      ...(body.priority === undefined ? {} : { priority: body.priority }),
      ...(body.noCache === undefined ? {} : { noCache: body.noCache }),
      ...(body.version === undefined ? {} : { versionNo: body.version }),
    });
    const run = await access.run(runUid);
    if (run.dagId !== params.dagId)
      throw new AppError('conflict', `run ${runUid} is one of DAG ${run.dagId}`);
    return readDetail(services, run);
  },
});

/** A change of one run that needs nothing but its id. */
function change(
  verb: string,
  id: string,
  summary: string,
  type: 'cancel' | 'kill' | 'pauseRun' | 'resumeRun',
): Route {
  return route('post', `${API}/runs/{runId}/${verb}`, {
    id,
    tag,
    summary,
    role: 'operator',
    params: runId,
    body: exact({}),
    answer: RunDetail,
    handle: async (services, { params, access }) => {
      const run = await access.run(params.runId);
      await askLeader(services, { type, runUid: run.uid, by: access.principal.name });
      return readDetailAnew(services, run);
    },
  });
}

const retry = route('post', `${API}/runs/{runId}/retry`, {
  id: 'retryRun',
  tag,
  summary: 'Runs tasks of a run again; their earlier attempts are kept',
  role: 'operator',
  params: runId,
  query: DRY_RUN,
  body: Retry,
  answer: Type.Union([RunDetail, RetryPlan]),
  handle: async (services, { params, query, body, access }) => {
    const run = await access.run(params.runId);
    const tasks = body.tasks ?? [];
    const select = body.select ?? (tasks.length > 0 ? 'tasks' : 'failed');
    if ((select === 'tasks') !== tasks.length > 0)
      throw new AppError('usage', "tasks belong to select 'tasks', which needs some");
    const { upstream = false, downstream = false, latest = false } = body;
    const choice = { select, tasks, upstream, downstream, latest };
    if (query.dryRun) return retryPlan(services, run, choice);
    if (body.planHash !== undefined) requirePlan(body.planHash, await retryPlan(services, run, choice));
    await askLeader(services, { type: 'retry', runUid: run.uid, by: access.principal.name, ...choice });
    return readDetailAnew(services, run);
  },
});

async function retryPlan(services: Services, run: RunRecord, choice: RetryChoice) {
  const { instances, moves } = await previewRetry(services, run.runNo, choice).catch(namedInside);
  const items = instances.map(({ nodeNo, name, state }) => ({
    taskInstanceId: `${run.runNo}.${nodeNo}`,
    name,
    state,
  }));
  return withHash({ choice }, { runId: run.uid, newVersion: moves, items });
}

const mark = route('post', `${API}/runs/{runId}/mark`, {
  id: 'markRun',
  tag,
  summary: 'Gives a run, or one task instance of it, the state that somebody knows it to have',
  role: 'operator',
  params: runId,
  query: DRY_RUN,
  body: exact({
    state: Ended,
    task: Type.Optional(
      Type.String({ description: 'an instance such as symbol[BTC].clean; absent: the run' }),
    ),
    ...PLAN_HASH,
  }),
  answer: Type.Union([RunDetail, MarkPlan]),
  handle: async (services, { params, query, body, access }) => {
    const run = await access.run(params.runId);
    const choice = { instance: body.task ?? null, state: body.state };
    if (query.dryRun) return markPlan(services, run, choice);
    if (body.planHash !== undefined) requirePlan(body.planHash, await markPlan(services, run, choice));
    const about = { runUid: run.uid, by: access.principal.name, state: body.state };
    await askLeader(
      services,
      body.task === undefined
        ? { type: 'markRun', ...about }
        : { type: 'markTask', ...about, instance: body.task },
    );
    return readDetailAnew(services, run);
  },
});

async function markPlan(services: Services, run: RunRecord, choice: MarkChoice) {
  const marked = await previewMark(services, run.runNo, choice).catch(namedInside);
  const items = marked.map(({ nodeNo, name, from, what }) => ({
    taskInstanceId: `${run.runNo}.${nodeNo}`,
    name,
    state: from,
    action: what,
  }));
  return withHash({ choice }, { runId: run.uid, state: run.state, items });
}

/** Runs and what can be done with them. */
export const runRoutes: readonly Route[] = [
  list,
  get,
  trigger,
  change('cancel', 'cancelRun', 'Ends a run: attempts under way get their grace', 'cancel'),
  change('kill', 'killRun', 'Ends a run at once, without grace', 'kill'),
  change('pause', 'pauseRun', 'Starts nothing more of a run for now', 'pauseRun'),
  change('resume', 'resumeRun', 'Goes on with a paused run', 'resumeRun'),
  retry,
  mark,
];
