import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TEXT_COLUMNS } from '../../core/store/stored-text.ts';
import { ROUTES } from '../../server/routes/all.ts';
import { type Served, serve } from './served.ts';

const LATER = Date.parse('2126-01-01T03:17:00Z');
const FILES = {
  'dags/many.yaml': `id: many
schedule: '17 3 1 * *'
onFailure: { run: 'true' }
tasks:
  list: { run: 'echo "keys=[1,2]" >> "$ORCH_OUTPUT"' }
  value: { run: 'echo "n=1" >> "$ORCH_OUTPUT"', cache: true }
  each:
    forEach:
      over: '\${{ json(list.keys) }}'
      tasks: { bad: { run: 'exit 3', retries: { max: 1, delay: 0s } } }
`,
  'dags/queue.yaml': "id: queue\ntaskType: true\ntasks: { do: { run: 'true' } }\n",
};
const ALERT = randomUUID();
/** Rows of tables that this test does not fill otherwise. */
const ROWS = `
insert into broken_file (file, at, diagnostics) values ('dags/bad.yaml', 1, '[]');
insert into asset (uri, first_at, last_no, events) values ('s3://a', 1, 1, 1);
insert into asset_event (event_no, uri, at, reported_by, request_no) values (1, 's3://a', 1, 'x', 1);
insert into alert_delivery (channel, message, state, tries, created_at, due_at, ended_at)
  values ('ops', '{}', 2, 1, 1, 1, 1);
insert into alert (alert_id, rule, level, type, fingerprint, grouped, title, message, details, count, told,
  first_at, last_at, closing, dag_id)
  values ('${ALERT}', 'r', 0, 1, 'f', '', 't', 'm', '{}', 1, 1, 1, 1, 0, 'many');
insert into metric_sample (step_ms, at, figures) values (1, 1, '{}');
insert into kept_reply (key, fingerprint, at, holder) values ('k', 'f', 1, '{}');
insert into account (name, grants, disabled, created_at, created_by) values ('ann', '[]', 0, 1, 'x');
insert into slot_span (dag_id, first_at, last_at, disposition, decided_at, because)
  values ('many', ${LATER}, ${LATER}, 2, 1, 0);
insert into task_checkpoint (run_no, node_no, try_no, at) values (1, 0, 1, 1);
`;

let api: Served;
let ids: Readonly<Record<string, string>>;
let database: DatabaseSync;

beforeAll(async () => {
  api = await serve(FILES);
  const { run } = await api.orch.run('many');
  await api.post('/api/v1/tokens', { name: 'x', grants: [{ dags: 'many', role: 'viewer' }] });
  const { body: task } = await api.post('/api/v1/tasks', { type: 'queue' });
  await api.until(`/api/v1/tasks/${task['taskId']}`, ({ state }) => state === 'success');
  const span = { from: '2026-01-01', to: '2026-01-02' };
  const { body: backfill } = await api.post('/api/v1/backfills', { dagId: 'many', ...span });
  const schedule = { dagId: 'many', when: { everyMs: 86_400_000 } };
  const { body: made } = await api.post('/api/v1/schedules', schedule);
  const version = String(run.versionNo);
  ids = {
    dagId: 'many',
    runId: run.uid,
    taskId: String(task['taskId']),
    taskInstanceId: `${run.runNo}.1`,
    attemptId: `${run.runNo}.1.1`,
    ...{ version, from: version, to: version },
    backfillId: String(backfill['backfillId']),
    scheduleId: String(made['scheduleId']),
    hookNo: '1',
    sha256: '0'.repeat(64),
    alertId: ALERT,
  };
  database = new DatabaseSync(join(api.project.dir, '.orch/orch.db'));
  database.exec(ROWS);
});
afterAll(async () => {
  database.close();
  await api[Symbol.asyncDispose]();
});

/** What reading everything is answered where that is an error of the server. */
async function failures(): Promise<unknown[]> {
  const failed: unknown[] = [];
  for (const { id, method, path } of ROUTES) {
    if (method !== 'get' || /Stream|Socket|^getEvents|oidc/i.test(id)) continue;
    const named = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? name);
    const { status, body } = await api.get(`${named}${QUERIES[id] ?? ''}`);
    if (status >= 500) failed.push([id, status, body['detail']]);
  }
  return failed;
}
const QUERIES: Readonly<Record<string, string>> = { listAssetEvents: '?uri=s3://a', searchTasks: '?q=a' };
/** The word of the leader about itself and its lead: without it there is no leader to be seen. */
const OF_LEADER = new Set(['lease', 'scheduler_fact']);

test('rows that cannot be read keep nobody from reading the others', async () => {
  const tables = Object.entries(TEXT_COLUMNS).filter(([table]) => !OF_LEADER.has(table));
  const unfilled: string[] = [];
  const damage = (table: string, columns: object) => {
    for (const column of Object.keys(columns)) {
      const isFile = table === 'task_output' || `${table}.${column}` === 'cache_entry.json';
      const some = isFile ? `where ${column} is not null` : '';
      const { changes } = database.prepare(`update ${table} set ${column} = '{"a": ' ${some}`).run();
      if (changes === 0) unfilled.push(`${table}.${column}`);
    }
  };
  // Without the graphs nothing is known of tasks, so they come last.
  for (const [table, columns] of tables) if (table !== 'dag_version') damage(table, columns);
  expect(unfilled).toEqual([]);
  expect(await failures()).toEqual([]);
  const { body } = await api.get(`/api/v1/runs/${ids['runId']}`);
  expect(body).toMatchObject({ runId: ids['runId'], state: 'failed', params: {} });
  expect((await api.get(`/api/v1/task-instances/${ids['taskInstanceId']}/output`)).status).toBe(409);

  // What a run was given decides what it does: nobody makes up for that.
  const retried = await api.post(`/api/v1/runs/${ids['runId']}/retry`);
  expect(retried).toMatchObject({ status: 409, body: { detail: expect.stringContaining('cannot be read') } });

  damage('dag_version', TEXT_COLUMNS.dag_version);
  expect(await failures()).toEqual([]);
  // Another DAG is not touched by it.
  expect((await api.post('/api/v1/dags/queue/runs')).status).toBeLessThan(500);
});
