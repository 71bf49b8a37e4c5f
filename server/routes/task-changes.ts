import { Type } from 'typebox';
import type { RequestMistake } from '../../core/model/action.ts';
import { AppError } from '../../core/model/errors.ts';
import type { Json, JsonObject } from '../../core/model/json.ts';
import type { Request } from '../../core/model/request.ts';
import { isTaskFinished, type QueueState, type TaskFilter } from '../../core/store/task-filter.ts';
import type { TaskRecord } from '../../core/store/task-reads.ts';
import type { TaskPlace } from '../../core/store/task-walk.ts';
import type { Access } from '../access.ts';
import { askLeader } from '../ask-leader.ts';
import { askingSpan } from '../asking-span.ts';
import { DRY_RUN, PLAN_HASH, requirePlan, withHash } from '../plans.ts';
import { STATUS } from '../problem.ts';
import { API, type Input, type Route, route } from '../route.ts';
import {
  BULK_ACTIONS,
  type BulkAction,
  Priority,
  TASK_FILTER,
  TaskBatch,
  TaskBulk,
  TaskBulkPlan,
  TaskDetail,
  TaskId,
  TaskOrder,
} from '../schemas/task.ts';
import { exact, oneOf } from '../schemas/words.ts';
import type { Services } from '../services.ts';
import { findTask, taskDetail, taskView } from '../task-view.ts';
import { type AskedFilter, filterOf } from './tasks.ts';

const tag = 'tasks';
const taskId = { taskId: TaskId };
/** Tasks of one request. */
const BATCH_MAX = 500;
/** Pages that are looked through for them. */
const PAGES_MAX = 20;

async function make(
  services: Services,
  access: Access,
  { type, name, params, priority, runId }: TaskOrder,
  { newId, header }: Pick<Input<unknown, unknown, unknown>, 'newId' | 'header'>,
): Promise<TaskRecord> {
  const dag = await access.dag(type);
  const version = await services.store.version(dag.versionNo);
  if (version?.spec.taskType !== true)
    throw new AppError('invalid', `DAG ${type} is no task type: its file does not say taskType`);
  const runUid = runId ?? newId();
  await askLeader(services, {
    type: 'trigger',
    dagId: type,
    runUid,
    trigger: 'api',
    params: (params ?? {}) as JsonObject,
    scope: {},
    maxParallel: null,
    inputsFrom: null,
    replaces: null,
    by: access.principal.name,
    ...askingSpan(header),
    ...(name === undefined ? {} : { name }),
    ...(priority === undefined ? {} : { priority }),
  });
  const task = await findTask(services, access, runUid);
  if (task.run.dagId !== type)
    throw new AppError('conflict', `task ${runUid} is one of the type ${task.run.dagId}`);
  return task;
}

const create = route('post', `${API}/tasks`, {
  id: 'createTask',
  tag,
  summary: 'Puts a task into the queue',
  role: 'operator',
  body: TaskOrder,
  answer: TaskDetail,
  status: 201,
  handle: async (services, { body, access, newId, header }) =>
    taskDetail(services, await make(services, access, body, { newId, header })),
});

/** Does something for each item; what is refused is refused alone, and what cannot be asked ends it. */
async function each<Item, Done>(
  items: readonly Item[],
  act: (item: Item) => Promise<Done>,
  placeOf: (at: number) => string = () => '',
) {
  const done: { readonly value: Done | null; readonly error: Refused | null }[] = [];
  let away: Refused | null = null;
  for (const [at, item] of items.entries()) {
    if (away !== null) {
      done.push({ value: null, error: away });
      continue;
    }
    try {
      done.push({ value: await act(item), error: null });
    } catch (error) {
      if (!(error instanceof AppError) || error.code === 'internal') throw error;
      const { errors } = error.details as { readonly errors?: readonly RequestMistake[] };
      const places = errors?.map(({ pointer, detail }) => ({ pointer: placeOf(at) + pointer, detail }));
      const refused = {
        ...{ status: STATUS[error.code], code: error.code, detail: error.message },
        ...(places === undefined ? {} : { errors: places }),
      };
      if (error.code === 'unavailable') away = refused;
      done.push({ value: null, error: refused });
    }
  }
  return done;
}

interface Refused {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  /** Where in the body, as far as it is known. */
  readonly errors?: RequestMistake[];
}

const batch = route('post', `${API}/tasks/batch`, {
  id: 'createTasks',
  tag,
  summary: 'Puts several tasks into the queue; each is taken or refused by itself',
  role: 'operator',
  body: exact({ tasks: Type.Array(TaskOrder, { minItems: 1, maxItems: BATCH_MAX }) }),
  answer: TaskBatch,
  handle: async (services, { body, access, newId, header }) => {
    access.requireAnywhere();
    // Every item has its id before any is asked for: a request that comes again names the same ones.
    const orders = body.tasks.map((order) => ({ ...order, runId: order.runId ?? newId() }));
    const done = await each(
      orders,
      (order) => make(services, access, order, { newId, header }),
      (at) => `/tasks/${at}`,
    );
    const now = services.clock.now();
    return {
      items: done.map(({ value, error }) => ({ task: value === null ? null : taskView(value, now), error })),
    };
  },
});

const change = route('patch', `${API}/tasks/{taskId}`, {
  id: 'changeTask',
  tag,
  summary: 'Changes how urgent a task is, as long as it is queued',
  role: 'operator',
  params: taskId,
  body: exact({ priority: Priority }),
  answer: TaskDetail,
  handle: async (services, { params, body, access }) => {
    const { run } = await findTask(services, access, params.taskId);
    const by = access.principal.name;
    await askLeader(services, { type: 'setPriority', runUid: run.uid, priority: body.priority, by });
    return taskDetail(services, await findTask(services, access, params.taskId));
  },
});

function requestFor(action: BulkAction, { run }: TaskRecord, by: string): Request {
  const about = { runUid: run.uid, by };
  if (action === 'delete') return { type: 'deleteRun', dagId: run.dagId, ...about };
  const types = { cancel: 'cancel', pause: 'pauseRun', resume: 'resumeRun' } as const;
  return { type: types[action], ...about, ...(action === 'pause' ? { attempts: true } : {}) };
}

async function act(services: Services, access: Access, id: string, action: BulkAction): Promise<Json> {
  const task = await findTask(services, access, id);
  return askLeader(services, requestFor(action, task, access.principal.name));
}

/** A change of one task that needs nothing but its id. */
function verb(action: 'cancel' | 'pause' | 'resume', summary: string): Route {
  return route('post', `${API}/tasks/{taskId}/${action}`, {
    id: `${action}Task`,
    tag,
    summary,
    role: 'operator',
    params: taskId,
    body: exact({}),
    answer: TaskDetail,
    handle: async (services, { params, access }) => {
      await act(services, access, params.taskId, action);
      return taskDetail(services, await findTask(services, access, params.taskId));
    },
  });
}

const remove = route('delete', `${API}/tasks/{taskId}`, {
  id: 'deleteTask',
  tag,
  summary: 'Deletes a task that has ended, with its logs and its result',
  role: 'operator',
  params: taskId,
  handle: async (services, { params, access }) => {
    await act(services, access, params.taskId, 'delete');
  },
});

const APPLIES: { readonly [action in BulkAction]: (state: QueueState) => boolean } = {
  cancel: (state) => !isTaskFinished(state),
  pause: (state) => !isTaskFinished(state) && state !== 'paused',
  resume: (state) => state === 'paused',
  delete: isTaskFinished,
};

interface Meant {
  readonly action: BulkAction;
  readonly taskIds?: readonly string[];
  readonly filter?: AskedFilter;
}

const bulk = route('post', `${API}/tasks/bulk`, {
  id: 'changeTasks',
  tag,
  summary: 'Cancels, pauses, resumes or deletes several tasks; each is done or refused by itself',
  role: 'operator',
  query: DRY_RUN,
  body: exact({
    action: oneOf(BULK_ACTIONS, 'what is done to each'),
    taskIds: Type.Optional(Type.Array(TaskId, { minItems: 1, maxItems: BATCH_MAX })),
    filter: Type.Optional(exact(TASK_FILTER)),
    ...PLAN_HASH,
  }),
  answer: Type.Union([TaskBulk, TaskBulkPlan]),
  handle: async (services, { query, body, access }) => {
    access.requireAnywhere();
    if ((body.taskIds === undefined) === (body.filter === undefined))
      throw new AppError('usage', 'it needs either taskIds or a filter');
    const plan = await bulkPlan(services, access, body);
    if (query.dryRun) return plan;
    if (body.planHash !== undefined) requirePlan(body.planHash, plan);
    // Of ids that were named every one is answered; of a filter those to which it applies.
    const wanted = plan.items.filter(({ applies }) => applies || body.taskIds !== undefined);
    const done = await each(wanted, (one) => act(services, access, one.taskId, body.action));
    return { items: wanted.map(({ taskId }, at) => ({ taskId, error: done[at]?.error ?? null })) };
  },
});

async function bulkPlan(services: Services, access: Access, { action, taskIds, filter }: Meant) {
  const { found, more } =
    filter === undefined
      ? { found: await named(services, access, taskIds ?? []), more: false }
      : await oldest(services, await filterOf(access, filter));
  const items = found.map((one) =>
    typeof one === 'string'
      ? { taskId: one, name: null, state: null, applies: false }
      : {
          taskId: one.run.uid,
          name: one.run.taskName,
          state: one.state,
          applies: APPLIES[action](one.state),
        },
  );
  return withHash({ action }, { more, items });
}

/** The oldest tasks that a filter has, as many as one request works on, of so many pages. */
async function oldest({ store }: Services, filter: TaskFilter) {
  const order = { by: 'createdAt', descending: false } as const;
  const found: TaskRecord[] = [];
  let next: TaskPlace | null = null;
  for (let page = 0; page < PAGES_MAX && found.length < BATCH_MAX; page++) {
    const read = await store.tasks.list(filter, order, next, BATCH_MAX - found.length);
    found.push(...read.tasks);
    next = read.next;
    if (next === null) break;
  }
  return { found, more: next !== null };
}

/** The tasks of some ids, or the ids of those that are not there for the asker. */
async function named(
  services: Services,
  access: Access,
  taskIds: readonly string[],
): Promise<readonly (TaskRecord | string)[]> {
  const ids = [...new Set(taskIds)];
  const found = await each(ids, (id) => findTask(services, access, id));
  return ids.map((id, at) => found[at]?.value ?? id);
}

/** Changes of the tasks of the queue. */
export const taskChangeRoutes: readonly Route[] = [
  create,
  batch,
  bulk,
  change,
  verb('pause', 'Holds a task up'),
  verb('resume', 'Lets a paused task go on'),
  verb('cancel', 'Ends a task: an attempt under way gets its grace'),
  remove,
];
