import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test, vi } from 'vitest';
import { scansOf } from '../scheduler/scans.ts';
import { serve } from './served.ts';

const FILES = {
  'dags/t.yaml': `id: t
schedule: '17 3 * * *'
tasks:
  s: { forEach: { over: [A, B], tasks: { a: { run: 'echo hello' } } } }
  z: { run: 'true', after: [s] }
`,
};

test('no read of the API looks through a table that grows with history', async () => {
  await using api = await serve(FILES);
  const { run } = await api.orch.run('t');
  const { body } = await api.get(`/api/v1/runs/${run.uid}/task-instances`);
  const [first] = body['items'] as { taskInstanceId: string }[];
  const prepare = vi.spyOn(DatabaseSync.prototype, 'prepare');
  const asked = [
    '/api/v1/dags/t/grid',
    `/api/v1/runs/${run.uid}`,
    `/api/v1/runs/${run.uid}/task-instances`,
    `/api/v1/runs/${run.uid}/task-instances?state=success`,
    ...['metrics', 'artifacts', 'journal', 'why'].map((list) => `/api/v1/runs/${run.uid}/${list}`),
    `/api/v1/task-instances/${first?.taskInstanceId}`,
    ...['dags/t/stats', 'approvals', 'pools', 'broken-files'].map((path) => `/api/v1/${path}`),
    '/api/v1/logs/search?dagId=t&q=hello',
  ];
  for (const path of asked) expect(await api.get(path), path).toMatchObject({ status: 200 });
  const texts = new Set(prepare.mock.calls.map(([text]) => text));
  prepare.mockRestore();
  const database = new DatabaseSync(join(api.project.dir, '.orch', 'orch.db'));
  const questions = [...texts].filter((text) => /^\s*(select|with)/i.test(text));
  const scans = questions.flatMap((text) => scansOf(database, text));
  expect(scansOf(database, 'select count(*) from task_instance as one where state = 1')).toHaveLength(1);
  database.close();
  expect(questions.filter((text) => text.includes('span'))).not.toEqual([]);
  expect(scans).toEqual([]);
});
