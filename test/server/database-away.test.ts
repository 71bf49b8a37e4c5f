import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, onTestFinished, test } from 'vitest';
import { openProject } from '../../core/scheduler/project.ts';
import { createApp } from '../../server/app.ts';
import { servicesOf } from '../../server/services.ts';
import { EventClient, isSuccess } from './event-client.ts';
import { serve } from './served.ts';

const FILES = {
  'dags/gate.yaml': `id: gate
tasks: { wait: { run: 'until test -e open; do sleep 0.05; done' } }
`,
};
const RUNS = 'http://localhost/api/v1/dags/gate/runs';

test('while others write to SQLite for long, changes are 503 and reads go on; then all does', async () => {
  await using api = await serve(FILES);
  const stream = new EventClient(await api.app.request('http://localhost/api/v1/events'));
  await stream.next();
  const first = (await api.post('/api/v1/dags/gate/runs')).body['runId'];
  await stream.until(({ event, data }) => event === 'task.changed' && data['to'] === 'running');
  // A server beside the scheduler; its clock makes short of what it waits.
  let mono = 0;
  const clock = { now: () => Date.now(), mono: () => (mono += 2_000) };
  const beside = await openProject(api.project.dir, { env: {}, clock });
  onTestFinished(() => beside.close());
  const app = createApp(servicesOf(beside, api.orch.session));
  const change = () => app.request(RUNS, { method: 'POST', headers: { 'idempotency-key': 'one' } });
  const writer = new DatabaseSync(join(api.orch.project.stateDir, 'orch.db'));
  onTestFinished(() => writer.close());
  writer.exec('begin immediate');
  // What the scheduler is to store meanwhile.
  api.project.write({ open: '' });
  const refused = await change();
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '2']);
  expect(refused.headers.get('content-type')).toBe('application/problem+json');
  expect(await refused.json()).toMatchObject({
    type: 'urn:orch:error:unavailable',
    detail: 'the database cannot be written now: another process writes',
  });
  expect((await app.request('http://localhost/api/v1/runs')).status).toBe(200);
  writer.exec('rollback');
  const taken = await change();
  expect(taken.status).toBe(201);
  const second = ((await taken.json()) as { runId: string }).runId;
  const ended = new Set<unknown>();
  await stream.until((event) => {
    if (isSuccess(event)) ended.add(event.data['runId']);
    return ended.has(first) && ended.has(second);
  });
  await stream.close();
});
