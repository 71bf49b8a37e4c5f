import { Hono } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { readAttemptLog } from '../core/log/read-attempt-log.ts';
import type { Clock } from '../core/model/clock.ts';
import { AppError } from '../core/model/errors.ts';
import { attemptId, type RunNo } from '../core/model/ids.ts';
import type { RunRecord } from '../core/model/run.ts';
import { RUN_STATES, type RunState } from '../core/model/states.ts';
import { healthOf, readLoop } from '../core/scheduler/health.ts';
import { readRunView } from '../core/store/read-run-view.ts';
import { runJson, runViewJson } from '../core/store/run-json.ts';
import type { Store } from '../core/store/store.ts';
import { loopbackOnly } from './loopback.ts';
import { problem } from './problem.ts';

/** What the server reads from. */
export interface ServerDeps {
  readonly store: Store;
  readonly stateDir: string;
  readonly clock: Clock;
}

/** Runs of one page, by default and at most. */
const PAGE = { default: 50, most: 500 };
const LOG_LINES_MAX = 5_000;

/**
 * The HTTP API over what is stored: runs, their tasks, metrics and logs. It reads and changes nothing.
 * Answers only requests that name this machine, so that no page of another site can read it through a
 * browser.
 */
export function createApp({ store, stateDir, clock }: ServerDeps): Hono {
  const app = new Hono();
  app.use(loopbackOnly);
  app.notFound((context) => problem(context, 'not_found', `there is nothing at ${context.req.path}`));
  app.onError((error, context) => {
    if (error instanceof AppError) return problem(context, error.code, error.message);
    if (error instanceof HTTPException) return problem(context, 'usage', error.message);
    return problem(context, 'internal', 'the server failed; its log says how');
  });

  app.get('/healthz', async (context) => {
    const facts = await readLoop(store, clock);
    const health = healthOf(facts);
    const { leader } = facts;
    const led = leader === null ? null : { pid: leader.pid, host: leader.host, silentMs: leader.silentMs };
    const body = { status: health.state, leader: led, oldestRequestMs: facts.oldestRequestMs };
    return context.json(body, health.state === 'stalled' ? 503 : 200);
  });

  app.get('/api/v1/runs', async (context) => {
    const { dagId, cursor } = context.req.query();
    const states = (context.req.queries('state') ?? []).map(stateNamed);
    const limit = countIn(context.req.query('limit'), PAGE.default, PAGE.most);
    const runs = await store.runs({
      limit: limit + 1,
      ...(dagId === undefined ? {} : { dagId }),
      ...(states.length === 0 ? {} : { states }),
      ...(cursor === undefined ? {} : { before: cursorIn(cursor) }),
    });
    const items = runs.slice(0, limit);
    const nextCursor = runs.length > limit ? String(items.at(-1)?.runNo) : null;
    return context.json({ items: items.map(runJson), nextCursor });
  });

  app.get('/api/v1/runs/:id', async (context) => {
    const run = await runNamed(store, context.req.param('id'));
    const view = await readRunView(store, run.runNo, { outputs: true });
    return view ? context.json(runViewJson(view)) : problem(context, 'not_found', 'the run is gone');
  });

  app.get('/api/v1/runs/:id/metrics', async (context) => {
    const run = await runNamed(store, context.req.param('id'));
    const view = await readRunView(store, run.runNo);
    const names = new Map(view?.tasks.map((task) => [task.nodeNo, task]));
    const items = (await store.metrics(run.runNo)).map(({ nodeNo, name, value, at }) => {
      const task = names.get(nodeNo);
      return { taskId: task?.taskId, key: task?.key, name, value, at: new Date(at).toISOString() };
    });
    return context.json({ items });
  });

  app.get('/api/v1/runs/:id/logs', async (context) => {
    const run = await runNamed(store, context.req.param('id'));
    const { task: name = '', from = '0' } = context.req.query();
    const view = await readRunView(store, run.runNo);
    const task = view?.tasks.find((one) => one.name === name);
    if (!task) return problem(context, 'not_found', `the run has no task instance ${name}`);
    if (!task.log) return context.json({ lines: [], nextByte: 0, atEnd: true });
    const id = attemptId(run.runNo, task.nodeNo, task.attempts);
    const source = { stateDir, runNo: run.runNo, attemptId: id, range: task.log };
    const fromByte = countIn(from, 0, Number.MAX_SAFE_INTEGER);
    return context.json(await readAttemptLog(source, { fromByte, limit: LOG_LINES_MAX }));
  });

  return app;
}

async function runNamed(store: Store, uid: string): Promise<RunRecord> {
  const [run, ...others] = await store.runsByUid(uid);
  if (!run) throw new AppError('not_found', `there is no run ${uid}`);
  if (others.length > 0) throw new AppError('usage', `several runs begin with ${uid}: write more of the id`);
  return run;
}

function stateNamed(text: string): RunState {
  const state = RUN_STATES.find((one) => one === text);
  if (!state)
    throw new AppError('usage', `${text} is no state of a run; the states are ${RUN_STATES.join(', ')}`);
  return state;
}

function countIn(text: string | undefined, absent: number, most: number): number {
  if (text === undefined) return absent;
  if (!/^\d{1,15}$/.test(text)) throw new AppError('usage', `${text} is not a number of at least 0`);
  return Math.min(Number(text), most);
}

function cursorIn(text: string): RunNo {
  if (!/^[1-9]\d{0,14}$/.test(text))
    throw new AppError('usage', 'cursor must come from nextCursor of a list');
  return Number(text) as RunNo;
}
