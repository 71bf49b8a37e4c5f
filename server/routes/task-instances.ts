import { Type } from 'typebox';
import type { LogRange } from '../../core/model/attempt.ts';
import { AppError } from '../../core/model/errors.ts';
import {
  attemptId,
  NO_MAX,
  type NodeNo,
  parseAttemptId,
  type RunNo,
  type TryNo,
} from '../../core/model/ids.ts';
import type { RunRecord } from '../../core/model/run.ts';
import { why } from '../../core/scheduler/why.ts';
import { readInstance, readInstances } from '../../core/store/read-instances.ts';
import type { InstanceView } from '../../core/store/run-view.ts';
import { isReadable, readText } from '../../core/store/stored-text.ts';
import type { Access } from '../access.ts';
import { askLeader } from '../ask-leader.ts';
import { readCursor, writeCursor } from '../cursor.ts';
import { LOG_QUERY, readLogPage } from '../log-page.ts';
import { API, type Route, route } from '../route.ts';
import { LogPage } from '../schemas/log.ts';
import { Attempt, Output, TaskInstance, TaskState } from '../schemas/run.ts';
import { Because, exact, limitOf, named, PAGING, pageOf, RunId } from '../schemas/words.ts';
import type { Services } from '../services.ts';
import { attempts, taskInstance } from '../views.ts';

const tag = 'task instances';

const taskInstanceId = Type.String({
  pattern: '^\\d{1,15}\\.\\d{1,15}$',
  description: 'taskInstanceId of a list',
});

const Why = named(
  'Why',
  exact({
    because: Because,
    checks: Type.Array(exact({ name: Type.String(), ok: Type.Boolean(), because: Because }), {
      description: 'what has to hold before it can run, in order',
    }),
  }),
);

interface Found {
  readonly run: RunRecord;
  readonly task: InstanceView;
}

/** A task instance by its id, if its run may be used. */
async function find({ store }: Services, access: Access, id: string, outputs = false): Promise<Found> {
  const [runNo, node] = id.split('.').map(Number);
  const gone = () => new AppError('not_found', `there is no task instance ${id}`);
  if (Math.max(runNo as number, node as number) > NO_MAX) throw gone();
  const run = await store.run(runNo as RunNo);
  if (run === null || !access.has('viewer', run.dagId)) throw gone();
  access.requireDag(run.dagId);
  const task = await readInstance(store, run, node as NodeNo, outputs);
  if (task === null) throw gone();
  return { run, task };
}

const list = route('get', `${API}/runs/{runId}/task-instances`, {
  id: 'listTaskInstances',
  tag,
  summary: 'The task instances of a run, in the order of its graph',
  role: 'viewer',
  params: { runId: RunId },
  query: { ...PAGING, state: Type.Optional(Type.Array(TaskState)), task: Type.Optional(Type.String()) },
  answer: pageOf('TaskInstancePage', TaskInstance),
  handle: async ({ store }, { params, query, access }) => {
    const run = await access.run(params.runId);
    const from = readCursor(query.cursor, ['no'])?.[0] ?? 0;
    const limit = limitOf(query);
    const { tasks, isLast } = await readInstances(store, run, {
      skip: from,
      limit,
      ...(query.state === undefined ? {} : { states: query.state }),
      ...(query.task === undefined ? {} : { task: query.task }),
    });
    const items = tasks.map((task) => taskInstance(run.runNo, task));
    return { items, nextCursor: isLast ? null : writeCursor([from + limit]) };
  },
});

const get = route('get', `${API}/task-instances/{taskInstanceId}`, {
  id: 'getTaskInstance',
  tag,
  summary: 'A task instance',
  role: 'viewer',
  params: { taskInstanceId },
  answer: TaskInstance,
  handle: async (services, { params, access }) => {
    const { run, task } = await find(services, access, params.taskInstanceId);
    return taskInstance(run.runNo, task);
  },
});

const listAttempts = route('get', `${API}/task-instances/{taskInstanceId}/attempts`, {
  id: 'listAttempts',
  tag,
  summary: 'The attempts of a task instance, oldest first',
  role: 'viewer',
  params: { taskInstanceId },
  answer: pageOf('AttemptPage', Attempt),
  handle: async (services, { params, access }) => {
    const { run, task } = await find(services, access, params.taskInstanceId);
    const past = await services.store.attempts(run.runNo, task.nodeNo);
    return { items: attempts(run.runNo, task, past), nextCursor: null };
  },
});

const getWhy = route('get', `${API}/task-instances/{taskInstanceId}/why`, {
  id: 'whyTaskInstance',
  tag,
  summary: 'Why a task instance is where it is, by the rules that decide about it',
  role: 'viewer',
  params: { taskInstanceId },
  answer: Why,
  handle: async (services, { params, access }) => {
    const { run, task } = await find(services, access, params.taskInstanceId);
    const { because, checks } = await why(services, run.runNo, task.nodeNo);
    return { because, checks: checks.map(({ name, ok, because }) => ({ name, ok, because })) };
  },
});

const getOutput = route('get', `${API}/task-instances/{taskInstanceId}/output`, {
  id: 'getOutput',
  tag,
  summary: 'What a task instance put out: the value, or the file where a large one is kept',
  role: 'viewer',
  params: { taskInstanceId },
  answer: Output,
  handle: async (services, { params, access }) => {
    const { run, task } = await find(services, access, params.taskInstanceId, true);
    const { output } = task;
    if (output === null)
      throw new AppError('not_found', `${task.name} of run ${run.uid} has no output: it is ${task.state}`);
    if ('json' in output) {
      if (!isReadable('task_output.json', output.json))
        throw new AppError('conflict', `the stored output of ${task.name} of run ${run.uid} cannot be read`);
      return { value: readText<unknown>('task_output.json', output.json), file: null };
    }
    return { value: null, file: { sha256: output.sha256, bytes: output.bytes } };
  },
});

const approve = route('post', `${API}/task-instances/{taskInstanceId}/decision`, {
  id: 'decideApproval',
  tag: 'approvals',
  summary: 'Answers an approval that waits',
  role: 'operator',
  params: { taskInstanceId },
  body: exact({
    option: Type.String({ minLength: 1, maxLength: 256, description: 'one of the options of the approval' }),
    message: Type.Optional(Type.String({ maxLength: 4_096 })),
  }),
  answer: TaskInstance,
  handle: async (services, { params, body, access }) => {
    const { run, task } = await find(services, access, params.taskInstanceId);
    await askLeader(services, {
      type: 'approve',
      runUid: run.uid,
      by: access.principal.name,
      instance: task.name,
      option: body.option,
      message: body.message ?? null,
    });
    const after = await find(services, access, params.taskInstanceId);
    return taskInstance(run.runNo, after.task);
  },
});

const logs = route('get', `${API}/attempts/{attemptId}/logs`, {
  id: 'readAttemptLog',
  tag: 'logs',
  summary: 'Lines of the log of an attempt, also while it runs',
  role: 'viewer',
  params: {
    attemptId: Type.String({
      pattern: '^\\d{1,15}\\.\\d{1,15}\\.\\d{1,9}$',
      description: 'of a list of attempts',
    }),
  },
  query: LOG_QUERY,
  answer: LogPage,
  handle: async (services, { params, query, access }) => {
    const id = parseAttemptId(params.attemptId);
    if (id === null) throw new AppError('not_found', `there is no attempt ${params.attemptId}`);
    const { run, task } = await find(services, access, `${id.run}.${id.node}`);
    const range = await rangeOf(services, run, task, id.tryNo);
    const { runNo } = run;
    const source = { stateDir: services.stateDir, runNo, attemptId: attemptId(runNo, task.nodeNo, id.tryNo) };
    return readLogPage(range === null ? null : { ...source, range }, query);
  },
});

/** Where the log of an attempt is; `null` if it has written nothing yet. */
async function rangeOf(
  { store }: Services,
  run: RunRecord,
  task: InstanceView,
  tryNo: TryNo,
): Promise<LogRange | null> {
  const past = await store.attempts(run.runNo, task.nodeNo);
  const found = past.find((one) => one.tryNo === tryNo) ?? (task.attempts === tryNo ? task : undefined);
  if (found === undefined || tryNo === 0)
    throw new AppError('not_found', `${task.name} of run ${run.uid} has no attempt ${tryNo}`);
  return found.log;
}

/** Task instances, their attempts and what those left. */
export const taskInstanceRoutes: readonly Route[] = [
  list,
  get,
  listAttempts,
  getWhy,
  getOutput,
  approve,
  logs,
];
