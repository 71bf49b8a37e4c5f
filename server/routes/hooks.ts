import { Type } from 'typebox';
import { AppError } from '../../core/model/errors.ts';
import { HOOK_STATES } from '../../core/model/hook.ts';
import { hookAttemptId } from '../../core/model/ids.ts';
import { LOG_QUERY, readLogPage } from '../log-page.ts';
import { API, type Route, route } from '../route.ts';
import { LogPage } from '../schemas/log.ts';
import { TaskError } from '../schemas/run.ts';
import { exact, Instant, named, oneOf, orNull, pageOf, RunId, storeNo } from '../schemas/words.ts';
import { errorView, instant } from '../views.ts';

const Hook = named(
  'Hook',
  exact({
    hookNo: Type.Integer({ description: '1, 2, 3... within the run' }),
    id: Type.String({ description: 'the same however often it is tried' }),
    hook: Type.String({ description: 'such as onFailure' }),
    taskId: orNull(Type.String({ description: 'null for a hook of the DAG' })),
    key: orNull(Type.String()),
    attempt: Type.Integer({ description: 'the one of the task that it is about; 0: none' }),
    cause: Type.String({ description: 'what made it happen, in a word for programs' }),
    because: Type.String({ description: 'the same in a sentence' }),
    state: oneOf(HOOK_STATES, 'how far it has come'),
    tries: Type.Integer(),
    startedAt: orNull(Instant),
    endedAt: orNull(Instant),
    error: orNull(TaskError),
  }),
);

const list = route('get', `${API}/runs/{runId}/hooks`, {
  id: 'listHooks',
  tag: 'runs',
  summary: 'The hooks of a run, in the order in which they became due; all of them are one page',
  role: 'viewer',
  params: { runId: RunId },
  answer: pageOf('HookPage', Hook),
  handle: async ({ store }, { params, access }) => {
    const run = await access.run(params.runId);
    const items = (await store.hooks(run.runNo)).map(({ hookNo, event, state, tries, error, ...times }) => ({
      ...{ hookNo, id: event.id, hook: event.hook, taskId: event.task, key: event.key, attempt: event.try },
      ...{ cause: event.cause, because: event.because, state, tries },
      startedAt: instant(times.startedAt),
      endedAt: instant(times.endedAt),
      error: errorView(error),
    }));
    return { items, nextCursor: null };
  },
});

const logs = route('get', `${API}/runs/{runId}/hooks/{hookNo}/logs`, {
  id: 'readHookLog',
  tag: 'logs',
  summary: 'Lines that a hook wrote in its last try',
  role: 'viewer',
  params: { runId: RunId, hookNo: storeNo('of the list') },
  query: LOG_QUERY,
  answer: LogPage,
  handle: async ({ store, stateDir }, { params, query, access }) => {
    const { runNo, uid } = await access.run(params.runId);
    const job = await store.overview.hook(runNo, params.hookNo);
    if (job === null) throw new AppError('not_found', `run ${uid} has no hook ${params.hookNo}`);
    const { log: range } = job;
    const source = range === null ? null : { stateDir, runNo, attemptId: hookAttemptId(job), range };
    return readLogPage(source, query);
  },
});

/** What is run because of what becomes of a run and its tasks. */
export const hookRoutes: readonly Route[] = [list, logs];
