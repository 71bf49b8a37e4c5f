import { Type } from 'typebox';
import type { PRIORITY_LEVELS } from '../../core/model/dag.ts';
import { AppError } from '../../core/model/errors.ts';
import type { QueueCount, TypeCounts } from '../../core/store/queue-counts.ts';
import {
  isTaskFinished,
  QUEUE_STATES,
  type QueueState,
  type TaskFilter,
} from '../../core/store/task-filter.ts';
import type { TaskRecord } from '../../core/store/task-reads.ts';
import type { Access } from '../access.ts';
import { readCursor, writeCursor } from '../cursor.ts';
import { readInstant } from '../instants.ts';
import { API, type Route, route } from '../route.ts';
import {
  QueueStats,
  Sort,
  TASK_FILTER,
  Task,
  TaskDetail,
  TaskId,
  TaskResult,
  TaskStatistics,
  TaskStatus,
} from '../schemas/task.ts';
import { limitOf, PAGING, pageOf } from '../schemas/words.ts';
import type { Services } from '../services.ts';
import { findTask, isTextSort, orderOf, resultOf, taskDetail, taskView } from '../task-view.ts';
import { instant } from '../views.ts';

const tag = 'tasks';
const taskId = { taskId: TaskId };
const WAIT_MAX_S = 20;
/** Looks at a task that is waited for are at most so far apart: a ring of the bell is only a hint. */
const LOOK_AGAIN_MS = 1_000;

/** What a request says about which tasks it means. */
export interface AskedFilter {
  readonly type?: readonly string[];
  readonly state?: readonly QueueState[];
  readonly priority?: readonly (typeof PRIORITY_LEVELS)[number][];
  readonly createdBy?: string;
  readonly name?: string;
  readonly since?: string;
}

/** The tasks that a request means, of those that the asker may see. */
export async function filterOf(access: Access, asked: AskedFilter): Promise<TaskFilter> {
  const { type, state, priority, createdBy, name, since } = asked;
  const types = await access.dagIds(type);
  return {
    ...(types === null ? {} : { types }),
    ...(state === undefined ? {} : { states: state }),
    ...(priority === undefined ? {} : { priorities: priority }),
    ...(createdBy === undefined ? {} : { createdBy }),
    ...(name === undefined ? {} : { name }),
    ...(since === undefined ? {} : { since: readInstant('since', since) }),
  };
}

interface Paging {
  readonly limit?: number;
  readonly cursor?: string;
}

async function page({ store, clock }: Services, filter: TaskFilter, query: Paging, sort: string) {
  const order = orderOf(sort);
  const place = readCursor(query.cursor, ['string', isTextSort(order.by) ? 'string' : 'number', 'no']);
  if (place !== null && place[0] !== sort)
    throw new AppError('usage', `cursor is of a list that is sorted by ${place[0]}`);
  const limit = limitOf(query);
  const after = place === null ? null : { value: place[1], runNo: place[2] };
  const { tasks, next } = await store.tasks.list(filter, order, after, limit);
  const nextCursor = next === null ? null : writeCursor([sort, next.value, next.runNo]);
  return { items: tasks.map((task) => taskView(task, clock.now())), nextCursor };
}

const list = route('get', `${API}/tasks`, {
  id: 'listTasks',
  tag,
  summary: 'Tasks of the queue, newest first or as sorted',
  role: 'viewer',
  query: { ...PAGING, ...TASK_FILTER, sort: Sort },
  answer: pageOf('TaskPage', Task),
  handle: async (services, { query, access }) =>
    page(services, await filterOf(access, query), query, query.sort ?? '-createdAt'),
});

const search = route('get', `${API}/tasks/search`, {
  id: 'searchTasks',
  tag,
  summary: 'Tasks that have a text in their name, id, type or params, or in who asked for them',
  role: 'viewer',
  query: {
    ...PAGING,
    ...TASK_FILTER,
    sort: Sort,
    q: Type.String({ minLength: 1, maxLength: 128, description: 'the text, in any case' }),
  },
  answer: pageOf('TaskPage', Task),
  handle: async (services, { query, access }) => {
    const filter = { ...(await filterOf(access, query)), text: query.q };
    return page(services, filter, query, query.sort ?? '-createdAt');
  },
});

const history = route('get', `${API}/tasks/history`, {
  id: 'listTaskHistory',
  tag,
  summary: 'Tasks that have ended, the last one first',
  role: 'viewer',
  query: { ...PAGING, ...TASK_FILTER, sort: Sort },
  answer: pageOf('TaskPage', Task),
  handle: async (services, { query, access }) => {
    const states = (query.state ?? QUEUE_STATES).filter(isTaskFinished);
    const filter = { ...(await filterOf(access, query)), states };
    return page(services, filter, query, query.sort ?? '-finishedAt');
  },
});

const statistics = route('get', `${API}/tasks/statistics`, {
  id: 'getTaskStatistics',
  tag,
  summary: 'How many tasks of each type are in which state, how many succeed, and how long they take',
  role: 'viewer',
  query: { type: TASK_FILTER.type, since: TASK_FILTER.since },
  answer: TaskStatistics,
  handle: async ({ store }, { query, access }) => {
    const found = await store.tasks.counts(await filterOf(access, query));
    return { items: found.map(statisticsOf) };
  },
});

function statisticsOf({ type, counts, since }: TypeCounts) {
  const ran = counts.filter(
    ({ state, avgMs }) => (state === 'success' || state === 'failed') && avgMs !== null,
  );
  const ended = ran.reduce((sum, { tasks }) => sum + tasks, 0);
  const succeeded = counts.find(({ state }) => state === 'success')?.tasks ?? 0;
  const failed = counts.find(({ state }) => state === 'failed')?.tasks ?? 0;
  const times = ran.reduce((sum, { avgMs, tasks }) => sum + (avgMs ?? 0) * tasks, 0);
  return {
    type,
    total: counts.reduce((sum, { tasks }) => sum + tasks, 0),
    counts: Object.fromEntries(counts.map(({ state, tasks }) => [state, tasks])),
    successRate: succeeded + failed === 0 ? null : succeeded / (succeeded + failed),
    avgDurationMs: ended === 0 ? null : times / ended,
    minDurationMs: ended === 0 ? null : Math.min(...ran.map(({ minMs }) => minMs ?? 0)),
    maxDurationMs: ended === 0 ? null : Math.max(...ran.map(({ maxMs }) => maxMs ?? 0)),
    countedSince: instant(since),
  };
}

const stats = route('get', `${API}/queue/stats`, {
  id: 'getQueueStats',
  tag,
  summary: 'The tasks that have not ended: how many wait, how urgent they are, and for how long',
  role: 'viewer',
  answer: QueueStats,
  handle: async ({ store, clock }, { access }) => {
    const found = await store.tasks.queue(await filterOf(access, {}));
    const queued = found.filter(({ state }) => state === 'queued');
    const oldestAt = queued.reduce((at, one) => Math.min(at, one.oldestAt), Number.POSITIVE_INFINITY);
    const of = (level: string) => sum(queued.filter(({ priority }) => priority === level));
    const types = [...new Set(found.map(({ type }) => type))].toSorted();
    return {
      ...inStates(found),
      queuedByPriority: { urgent: of('urgent'), high: of('high'), normal: of('normal'), low: of('low') },
      oldestQueuedAt: queued.length === 0 ? null : instant(oldestAt),
      oldestQueuedSeconds: queued.length === 0 ? null : Math.max(0, clock.now() - oldestAt) / 1_000,
      types: types.map((type) => ({ type, ...inStates(found.filter((one) => one.type === type)) })),
    };
  },
});

function inStates(found: readonly QueueCount[]) {
  const of = (...states: QueueState[]) => sum(found.filter(({ state }) => states.includes(state)));
  return {
    queued: of('queued'),
    running: of('running'),
    held: of('paused'),
    waiting: of('waiting', 'up_for_retry'),
  };
}

function sum(counts: readonly QueueCount[]): number {
  return counts.reduce((total, { tasks }) => total + tasks, 0);
}

const get = route('get', `${API}/tasks/{taskId}`, {
  id: 'getTask',
  tag,
  summary: 'A task, how far it is, and what it gave',
  role: 'viewer',
  params: taskId,
  answer: TaskDetail,
  handle: async (services, { params, access }) =>
    taskDetail(services, await findTask(services, access, params.taskId)),
});

const status = route('get', `${API}/tasks/{taskId}/status`, {
  id: 'getTaskStatus',
  tag,
  summary: 'The state of a task and how far it is',
  role: 'viewer',
  params: taskId,
  answer: TaskStatus,
  handle: async (services, { params, access }) => {
    const task = taskView(await findTask(services, access, params.taskId), services.clock.now());
    const { taskId, state, progress, currentStep, etaSeconds, updatedAt } = task;
    return { taskId, state, progress, currentStep, etaSeconds, updatedAt };
  },
});

const result = route('get', `${API}/tasks/{taskId}/result`, {
  id: 'getTaskResult',
  tag,
  summary: 'What a task gave, or why it failed; it can be waited for',
  role: 'viewer',
  params: taskId,
  query: {
    wait: Type.Optional(
      Type.Number({ minimum: 0, maximum: WAIT_MAX_S, description: 'seconds to wait for its end, at most' }),
    ),
  },
  answer: TaskResult,
  handle: async (services, { params, query, access, signal }) => {
    const first = await findTask(services, access, params.taskId);
    const task = await ended(services, first, (query.wait ?? 0) * 1_000, signal);
    const { error } = taskView(task, services.clock.now());
    return { taskId: task.run.uid, state: task.state, error, ...(await resultOf(services.store, task)) };
  },
});

/** A task once it has ended, or as it is after so long. */
async function ended(
  { store, bell, clock }: Services,
  task: TaskRecord,
  mostMs: number,
  signal: AbortSignal,
): Promise<TaskRecord> {
  const until = clock.mono() + mostMs;
  const ear = bell.listen();
  try {
    let now = task;
    while (!isTaskFinished(now.state) && !signal.aborted) {
      const leftMs = until - clock.mono();
      if (leftMs <= 0) break;
      await ear.wait(Math.min(leftMs, LOOK_AGAIN_MS), signal);
      const again = await store.tasks.task(now.run.runNo);
      if (again === null) throw new AppError('not_found', `task ${now.run.uid} is gone`);
      now = again;
    }
    return now;
  } finally {
    ear.close();
  }
}

/** Reads of the tasks of the queue. */
export const taskRoutes: readonly Route[] = [list, search, history, statistics, stats, get, status, result];
