import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createApp } from '../../server/app.ts';
import { type Listening, listen } from '../../server/listen.ts';
import { EventClient } from './event-client.ts';
import { figuresOf } from './figures-of.ts';
import { type Served, serve } from './served.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

/**
 * What three schedulers that others wrote promise over HTTP, and where it is here: a service that manages a
 * system (S0), one around APScheduler (S2), and one around Redis (S4). Each endpoint must have been answered
 * well over a real connection when the tests of this file are over.
 */
const ENDPOINTS: readonly (readonly [there: string, here: string])[] = [
  ['S0 GET /api/tasks', 'listTasks'],
  ['S0 GET /api/tasks/{id}', 'getTask'],
  ['S0 POST /api/tasks', 'createTask'],
  ['S0 POST /api/tasks/{id}/pause', 'pauseTask'],
  ['S0 POST /api/tasks/{id}/resume', 'resumeTask'],
  ['S0 POST /api/tasks/{id}/cancel', 'cancelTask'],
  ['S0 DELETE /api/tasks/{id}', 'deleteTask'],
  ['S0 GET /api/tasks/history', 'listTaskHistory'],
  ['S0 GET /api/tasks/statistics', 'getTaskStatistics'],
  ['S0 GET /api/system/config', 'getConfig'],
  ['S0 PUT /api/system/config', 'changeConfig'],
  ['S0 POST /api/system/config/validate', 'validateConfig'],
  ['S0 GET /api/system/status', 'getSystemStatus'],
  ['S0 GET /api/system/resources', 'getSystemResources'],
  ['S0 GET /api/system/health', 'getSystemHealth'],
  ['S0 GET /api/logs', 'listLogs'],
  ['S0 GET /api/logs, those of the system', 'readSystemLogs'],
  ['S0 GET /api/logs/{id}', 'readAttemptLog'],
  ['S0 POST /api/logs/search', 'searchLogs'],
  ['S0 GET /api/metrics', 'getCurrentFigures'],
  ['S0 GET /api/metrics, its trend', 'getFigureHistory'],
  ['S0 GET /api/metrics/realtime', 'getFigureStream'],
  ['S0 GET /api/alerts', 'listAlerts'],
  ['S0 GET /api/alerts, one', 'getAlert'],
  ['S0 POST /api/alerts/{id}/acknowledge', 'acknowledgeAlert'],
  ['S0 mute of alerts', 'createAlertMute'],
  ['S2 GET /scheduler/status', 'getSchedulerStatus'],
  ['S2 GET /scheduler/status, its jobs', 'listJobs'],
  ['S2 POST /scheduler/jobs/{id}/pause', 'pauseJob'],
  ['S2 POST /scheduler/jobs/{id}/resume', 'resumeJob'],
  ['S2 add_job', 'createSchedule'],
  ['S2 pause_job of one that was added', 'pauseSchedule'],
  ['S2 resume_job of one that was added', 'resumeSchedule'],
  ['S2 remove_job', 'removeSchedule'],
  ['S2 event listeners', 'getEvents'],
  ['S2 Prometheus', 'getMetrics'],
  ['S4 POST /tasks/batch', 'createTasks'],
  ['S4 GET /tasks/{id}/status', 'getTaskStatus'],
  ['S4 GET /tasks/{id}/result', 'getTaskResult'],
  ['S4 TaskUpdate', 'changeTask'],
  ['S4 search of tasks', 'searchTasks'],
  ['S4 bulk operations', 'changeTasks'],
  ['S4 GET /queue/stats', 'getQueueStats'],
  ['S4 POST /scheduler/control', 'controlScheduler'],
  ['S4 GET /scheduler/metrics', 'getSchedulerMetrics'],
  ['S4 GET /scheduler/health', 'getSchedulerHealth'],
  ['S4 number of workers', 'listWorkers'],
  ['S4 number of workers, changed', 'changeWorker'],
];

const FILES = {
  'airflow.yaml': `alerts: { rules: { broken: { on: task_failure, level: error, window: 1h } } }\n`,
  'dags/work.yaml': `id: work
taskType: true
maxActiveRuns: 1
params: { file: { type: string } }
tasks: { work: { uses: './work/work.ts#work', with: { file: "\${{ params.file }}" } } }
`,
  'dags/work/work.ts': `import { existsSync } from 'node:fs';
export async function work({ file }, ctx) {
  ctx.progress(1, 4, 'reading');
  while (!existsSync(file)) await new Promise((resolve) => setTimeout(resolve, 20));
  return { rows: 3 };
}
`,
  'dags/slow.yaml': `id: slow
taskType: true
tasks: { go: { run: 'sleep 60', timeout: 200ms, retries: { max: 1, delay: 1h } } }
`,
  'dags/bad.yaml': "id: bad\ntaskType: true\ntasks: { no: { run: 'echo sorry >&2; exit 3', retries: 0 } }\n",
  'dags/daily.yaml': `id: daily
schedule: { cron: '17 3 29 2 *', tz: Asia/Shanghai }
tasks: { one: { run: 'true' } }
`,
};

type Body = Record<string, unknown>;
const instant = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
const number = expect.any(Number);
const text = expect.any(String);

let api: Served;
let server: Listening;
/** Operations that were answered well over the connection, and what they were answered with last. */
const answered = new Set<string>();

beforeAll(async () => {
  api = await serve(FILES);
  const app = createApp(api.services, { checkAnswers: true });
  server = await listen(app, { address: '127.0.0.1', port: 0 }, api.services.live);
  await api.until('/api/v1/workers', ({ items }) => (items as unknown[]).length === 1);
});
afterAll(async () => {
  await server.close();
  await api[Symbol.asyncDispose]();
});

/** Has an operation of the OpenAPI document done by its name. */
async function call(id: string, path: string, body?: unknown, method = 'GET'): Promise<Body> {
  const headers = { 'content-type': 'application/json' };
  const sent = body === undefined ? {} : { headers, body: JSON.stringify(body) };
  const response = await fetch(`${server.url}${path}`, { method, ...sent });
  const answer = await response.text();
  expect(response.status, `${id}: ${answer}`).toBeLessThan(300);
  answered.add(id);
  const isJson = /json/.test(response.headers.get('content-type') ?? '');
  return isJson ? (JSON.parse(answer) as Body) : { text: answer };
}
const V1 = '/api/v1';
const post = (id: string, path: string, body: unknown = {}) => call(id, `${V1}${path}`, body, 'POST');
const get = (id: string, path: string) => call(id, `${V1}${path}`);
const until = (taskId: unknown, state: string) =>
  api.until(`${V1}/tasks/${taskId}`, (body) => body['state'] === state);
const itemsOf = (body: Body): Body[] => body['items'] as Body[];

describe('tasks', () => {
  test('have every field of S0, while they are queued, run and have ended', async () => {
    const order = { type: 'work', name: 'first', params: { file: 'go' }, priority: 'high' };
    const { taskId } = await post('createTask', '/tasks', order);
    await api.until(`${V1}/tasks/${taskId}`, (body) => body['currentStep'] === 'reading');
    const queued = await post('createTask', '/tasks', { ...order, name: 'second', priority: 'urgent' });
    expect(queued).toMatchObject({ state: 'queued', progress: 0, startedAt: null, etaSeconds: null });
    // id, type, name, status, priority, params; progress, current_step, eta; result, error; the rest.
    expect(await get('getTask', `/tasks/${taskId}`)).toEqual({
      ...{ taskId, type: 'work', name: 'first', state: 'running', priority: 'high', params: { file: 'go' } },
      ...{ progress: 25, currentStep: 'reading', etaSeconds: number },
      ...{ result: null, resultFile: null, error: null, reason: null, attempts: 1 },
      ...{ createdBy: 'local', createdAt: instant, startedAt: instant, finishedAt: null, updatedAt: instant },
    });
    const other = await post('createTask', '/tasks', { ...order, name: 'third', priority: 'low' });
    const raised = { priority: 'normal' };
    expect(await call('changeTask', `${V1}/tasks/${other['taskId']}`, raised, 'PATCH')).toMatchObject(raised);
    expect(await get('getQueueStats', '/queue/stats')).toMatchObject({
      ...{ queued: 2, running: 1, held: 0, waiting: 0, oldestQueuedAt: instant, oldestQueuedSeconds: number },
      queuedByPriority: { urgent: 1, high: 0, normal: 1, low: 0 },
      types: [{ type: 'work', queued: 2, running: 1 }],
    });
    const status = await get('getTaskStatus', `/tasks/${taskId}/status`);
    expect(status).toMatchObject({ state: 'running', progress: 25, currentStep: 'reading' });
    const held = await post('pauseTask', `/tasks/${other['taskId']}/pause`);
    expect(held).toMatchObject({ state: 'paused' });
    expect(await post('resumeTask', `/tasks/${other['taskId']}/resume`)).toMatchObject({ state: 'queued' });
    const cancelled = await post('cancelTask', `/tasks/${other['taskId']}/cancel`);
    expect(cancelled).toMatchObject({ state: 'cancelled' });
    api.project.write({ go: '' });
    const result = await get('getTaskResult', `/tasks/${taskId}/result?wait=20`);
    expect(result).toMatchObject({ state: 'success', result: { rows: 3 }, error: null });
    expect(await until(taskId, 'success')).toMatchObject({ progress: 100, finishedAt: instant });
    await until(queued['taskId'], 'success');
    await call('deleteTask', `${V1}/tasks/${other['taskId']}`, undefined, 'DELETE');
  });

  test('fail, are retried and time out, and are found, listed and counted', async () => {
    const orders = [{ type: 'bad' }, { type: 'slow' }, { type: 'nothing' }];
    const batch = itemsOf(await post('createTasks', '/tasks/batch', { tasks: orders }));
    const [bad, slow] = batch.map(({ task }) => (task as Body | null)?.['taskId']);
    expect(batch[2]).toMatchObject({ task: null, error: { status: 404 } });
    const failed = await until(bad, 'failed');
    expect(failed).toMatchObject({ reason: 'error', error: { name: text, message: text }, result: null });
    // RETRYING, and TIMEOUT as the reason of the attempt that was too slow.
    await until(slow, 'up_for_retry');
    const [{ taskInstanceId } = {}] = itemsOf(await get('listTaskInstances', `/runs/${slow}/task-instances`));
    const [attempt] = itemsOf(await get('listAttempts', `/task-instances/${taskInstanceId}/attempts`));
    expect(attempt).toMatchObject({ tryNo: 1, state: 'up_for_retry', error: { name: 'Timeout' } });
    const ids = { action: 'cancel', taskIds: [slow] };
    expect(itemsOf(await post('changeTasks', '/tasks/bulk', ids))).toEqual([{ taskId: slow, error: null }]);
    expect(itemsOf(await get('listTasks', '/tasks?state=failed&type=bad'))).toMatchObject([{ taskId: bad }]);
    expect(itemsOf(await get('searchTasks', '/tasks/search?q=second'))).toMatchObject([{ name: 'second' }]);
    expect(itemsOf(await get('listTaskHistory', '/tasks/history')).length).toBeGreaterThanOrEqual(3);
    const work = itemsOf(await get('getTaskStatistics', '/tasks/statistics'));
    expect(work.find(({ type }) => type === 'work')).toMatchObject({
      ...{ total: 2, counts: { success: 2 }, successRate: 1 },
      ...{ avgDurationMs: number, minDurationMs: number, maxDurationMs: number },
    });
  });
});

describe('the system', () => {
  test('has a config that is read, checked and changed; what is sensitive is neither', async () => {
    const config = await get('getConfig', '/system/config');
    const keys = itemsOf(config).map(({ key }) => key);
    // max_parallel_tasks, task_timeout, max_memory_mb, max_cpu_percent, log_level, log_rotation, retention
    const wanted = ['scheduler.maxActive', 'defaults.timeout', 'runners.memoryMb', 'scheduler.loadCpu'];
    wanted.push('log.level', 'log.maxBytes', 'log.keep', 'retention.runs', 'retention.diskFreeMb');
    expect(keys).toEqual(expect.arrayContaining(wanted));
    expect(keys.filter((key) => /^(store|server)\.|url|secret|password/i.test(String(key)))).toEqual([]);
    const check = (change: object) => post('validateConfig', '/system/config/validate', change);
    expect(await check({ 'log.level': 'debug' })).toEqual({ valid: true, errors: [] });
    expect(await check({ 'store.url': 'postgres://x' })).toMatchObject({ valid: false });
    const change = { 'log.level': 'debug', 'defaults.timeout': '1h' };
    expect(await call('changeConfig', `${V1}/system/config`, change, 'PUT')).toMatchObject({
      ...{ inForce: ['log.level'], afterRestart: ['defaults.timeout'], overridden: [] },
    });
  });

  test('says how it is, what it has left, and whether it is well', async () => {
    const leader = { pid: number, host: text, since: instant, epoch: number, isScheduler: true };
    expect(await get('getSystemStatus', '/system/status')).toMatchObject({
      ...{ version: text, startedAt: instant, uptimeMs: number, leader, paused: null, workers: 1 },
      counts: { dags: 4, brokenFiles: 0, unfinishedRuns: number, activeTasks: number, schedules: 0 },
    });
    const resources = await get('getSystemResources', '/system/resources');
    expect(resources).toMatchObject({ at: instant, host: text, machine: { cpuPercent: number } });
    const checks = [{ name: 'store' }, { name: 'scheduler' }, { name: 'disk' }];
    expect(await get('getSystemHealth', '/system/health')).toMatchObject({ status: 'ok', checks });
  });

  test('has logs that are listed, read and searched', async () => {
    const logs = itemsOf(await get('listLogs', '/logs?dagId=bad'));
    expect(logs).toMatchObject([
      {
        attemptId: text,
        runId: text,
        dagId: 'bad',
        taskInstanceId: text,
        name: 'no',
        tryNo: 1,
        bytes: number,
      },
    ]);
    const all = itemsOf(await get('listLogs', '/logs'));
    const page = await get('listLogs', '/logs?limit=1');
    expect(itemsOf(page)).toEqual(all.slice(0, 1));
    const rest = await get('listLogs', `/logs?cursor=${page['nextCursor']}`);
    expect(itemsOf(rest)).toEqual(all.slice(1));
    const log = await get('readAttemptLog', `/attempts/${logs[0]?.['attemptId']}/logs`);
    const line = { at: instant, stream: 'stderr', text: 'sorry' };
    expect(log).toMatchObject({ lines: expect.arrayContaining([expect.objectContaining(line)]) });
    expect(itemsOf(await get('searchLogs', '/logs/search?q=sorry'))).toMatchObject([
      { dagId: 'bad', ...line },
    ]);
    expect(itemsOf(await get('readSystemLogs', '/system/logs?limit=5'))).toEqual(expect.any(Array));
  });

  test('has every figure of S0, now, as a trend, and pushed', async () => {
    const machine = {
      ...{ cpuPercent: number, cpuCount: number, memoryTotal: number, memoryUsed: number },
      ...{ memoryPercent: number, diskTotal: number, diskUsed: number, diskPercent: number },
    };
    const figures = {
      ...{ at: instant, ...machine, activeTasks: number, pendingTasks: number, completedTasksToday: number },
      ...{ failedTasksToday: number, queue: { engine: 'sqlite', connected: true, requests: number } },
    };
    expect(await get('getCurrentFigures', '/metrics')).toMatchObject(figures);
    await api.until(`${V1}/metrics/history`, ({ items }) => (items as unknown[]).length > 0);
    const [sample] = itemsOf(await get('getFigureHistory', '/metrics/history'));
    expect(sample).toMatchObject({ at: instant, ...machine });
    const stream = await EventClient.open(`${server.url}${V1}/metrics/realtime`);
    expect(await stream.next()).toMatchObject({ event: 'metrics', data: figures });
    await stream.close();
    answered.add('getFigureStream');
  });

  test('has alerts with every field of S0, which somebody takes and mutes', async () => {
    await api.until(`${V1}/alerts`, ({ items }) => (items as unknown[]).length > 0);
    const alerts = itemsOf(await get('listAlerts', '/alerts?dagId=bad'));
    // id, level, type, title, message, details; acknowledged, by whom and when; created_at
    const fields = {
      ...{ alertId: text, level: 'error', type: 'task_failure', title: text, message: text },
      ...{ details: expect.any(Object), state: 'open', acknowledgedBy: null, acknowledgedAt: null },
      firstSeenAt: instant,
    };
    expect(alerts).toMatchObject([fields]);
    const path = `/alerts/${alerts[0]?.['alertId']}`;
    const taken = { state: 'acknowledged', acknowledgedBy: 'local', acknowledgedAt: instant };
    expect(await post('acknowledgeAlert', `${path}/acknowledge`)).toMatchObject(taken);
    expect(await get('getAlert', path)).toMatchObject(taken);
    const mute = { rule: 'broken', reason: 'known' };
    expect(await post('createAlertMute', '/alerts/mutes', mute)).toMatchObject(mute);
  });
});

describe('the scheduler', () => {
  test('says how it is, and is paused, resumed and given more workers', async () => {
    const slots = { limit: number, used: number };
    const running = { state: 'running', text, paused: null, leader: { pid: number }, slots };
    expect(await get('getSchedulerStatus', '/scheduler/status')).toMatchObject(running);
    expect(await get('getSchedulerMetrics', '/scheduler/metrics')).toMatchObject({
      ...{ reportedAt: instant, activeTasks: number, pendingTasks: number, completedTasksToday: number },
      ...{ failedTasksToday: number, loop: { turns: number, averageMs: number, longestMs: number } },
    });
    expect(await get('getSchedulerHealth', '/scheduler/health')).toMatchObject({ status: 'ok' });
    const control = (action: string) => post('controlScheduler', '/scheduler/control', { action });
    expect(await control('pause')).toMatchObject({ status: { state: 'paused' } });
    const paused = figuresOf(String((await call('getMetrics', '/metrics'))['text']));
    expect(paused.get('scheduler_state{state="paused"}')).toBe(1);
    expect(paused.get('scheduler_state{state="ok"}')).toBe(0);
    expect(await control('resume')).toMatchObject({ status: { state: 'running' } });
    const worker = { workerId: 'leader', slots: 5 };
    expect(itemsOf(await get('listWorkers', '/workers'))).toMatchObject([
      { workerId: 'leader', slots: number },
    ]);
    const changed = await call('changeWorker', `${V1}/workers/leader`, { slots: 5 }, 'PATCH');
    expect(changed).toMatchObject(worker);
  });

  test('has jobs with id, trigger and next run, which are added, paused, resumed and removed', async () => {
    const job = { dagId: 'daily', trigger: "by cron '17 3 29 2 *' in Asia/Shanghai", nextRunAt: instant };
    const rate = { paused: false, successRate: null, runs: 0 };
    expect(itemsOf(await get('listJobs', '/scheduler/jobs'))).toEqual([{ ...job, ...rate }]);
    expect(await post('pauseJob', '/scheduler/jobs/daily/pause')).toMatchObject({ paused: true });
    expect(await post('resumeJob', '/scheduler/jobs/daily/resume')).toMatchObject({ paused: false });
    // The triggers of S2: interval, cron, date.
    const triggers = [{ everyMs: 3_600_000 }, { cron: '17 3 29 2 *', timezone: 'UTC' }];
    const made: unknown[] = [];
    for (const when of [...triggers, { at: '2100-01-01T00:00:00Z' }])
      made.push((await post('createSchedule', '/schedules', { dagId: 'daily', when }))['scheduleId']);
    const path = `/schedules/${made[0]}`;
    expect(await post('pauseSchedule', `${path}/pause`)).toMatchObject({ paused: true, nextRunAt: null });
    expect(await post('resumeSchedule', `${path}/resume`)).toMatchObject({ nextRunAt: instant });
    await call('removeSchedule', `${V1}${path}`, undefined, 'DELETE');
  });

  test('tells Prometheus the figures of S2 by their names, and listeners what happens', async () => {
    const events = await EventClient.open(`${server.url}${V1}/events?dagId=bad`);
    expect(await events.next()).toMatchObject({ event: 'hello' });
    const { taskId } = await post('createTask', '/tasks', { type: 'bad' });
    const told = await events.until(({ data }) => data['to'] === 'failed' && data['task'] === null);
    expect(told.at(-1)).toMatchObject({ event: 'run.changed', data: { runId: taskId } });
    await events.close();
    answered.add('getEvents');
    const failed = 'scheduler_task_executions_total{task_name="bad.no",status="failed"}';
    await api.until('/metrics', (body) => figuresOf(String(body['text'])).get(failed) === 2);
    const figures = figuresOf(String((await call('getMetrics', '/metrics'))['text']));
    expect(figures.get('scheduler_task_executions_total{task_name="work.work",status="success"}')).toBe(2);
    expect(figures.get('scheduler_task_duration_seconds_count{task_name="work.work"}')).toBe(2);
    expect(figures.get('scheduler_active_tasks{task_name="work.work"}')).toBe(0);
    expect([...figures.keys()].some((name) => name.startsWith('scheduler_info{version='))).toBe(true);
    expect(figures.get('scheduler_state{state="ok"}')).toBe(1);
  });
});

test('every endpoint that one of them promises has been answered', () => {
  expect(ENDPOINTS.filter(([, here]) => !answered.has(here))).toEqual([]);
});
