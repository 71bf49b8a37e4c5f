import { expect, onTestFinished, test, vi } from 'vitest';
import { openProject } from '../../core/scheduler/project.ts';
import { openWebhookInbox } from '../server/inbox-of-webhooks.ts';
import { makeProject, orch, startOrch } from './orch-process.ts';

vi.setConfig({ testTimeout: 120_000 });

test('a run without a scheduler is told of too; ack, mute and test do what they say', async () => {
  await using inbox = await openWebhookInbox();
  const rules = 'rules: { broken: { on: task_failure, window: 1h } }';
  const dir = makeProject({
    'airflow.yaml': `alerts: { channels: { ops: { kind: slack } }, ${rules} }`,
    'dags/bad.yaml': 'id: bad\ntasks: { one: { run: "exit 1" } }\n',
  });
  const env = { ORCH__ALERTS__CHANNELS__ops__URL: `${inbox.url}/secret-path` };
  const run = (...words: string[]) => orch(['-C', dir, ...words], { env });
  expect((await run('trigger', 'bad')).code).toBe(1);
  expect(inbox.arrived.map(({ body }) => JSON.parse(body).text.split('\n')[0])).toEqual([
    ':red_circle: *Task one of bad failed*',
  ]);
  const project = await openProject(dir, { env });
  onTestFinished(() => project.close());
  const [alert] = await project.store.alerts.alerts({ limit: 9 });
  const list = await run('alerts', 'list');
  expect(list.stdout).toContain(`${alert?.alertId}  error  open   broken`);
  expect((await run('alerts', 'ack', alert?.alertId.slice(0, 18) ?? '')).code).toBe(0);
  expect((await project.store.alerts.alerts({ limit: 9 }))[0]?.state).toBe('acknowledged');
  expect((await run('alerts', 'mute', '--dag', 'bad', '--for', '2h')).stderr).toContain(
    'nobody is told of all rules about bad until',
  );
  expect(await project.store.alerts.mutes(0)).toMatchObject([{ rule: null, dagId: 'bad' }]);
  const tried = await run('alerts', 'test', 'ops');
  expect([tried.code, inbox.arrived.length]).toEqual([0, 2]);
  const actions = (await project.store.audit.entries({ limit: 9 })).map(({ action }) => action);
  expect(actions).toEqual(['testAlertChannel', 'createAlertMute', 'acknowledgeAlert']);
});

test('kill -9 while a message is sent: the next leader sends it again, with the same id', async () => {
  await using inbox = await openWebhookInbox('never');
  const hook = `{ kind: webhook, url: '${inbox.url}', secret: 'of the test' }`;
  const rules = 'rules: { broken: { on: task_failure, window: 1h } }';
  const dir = makeProject({
    'airflow.yaml': `alerts: { channels: { ops: ${hook} }, ${rules} }`,
    'dags/bad.yaml': 'id: bad\ntasks: { one: { run: "exit 1" } }\n',
  });
  const trigger = startOrch(['-C', dir, 'trigger', 'bad']);
  await inbox.until(1);
  trigger.child.kill('SIGKILL');
  await trigger.ended;
  const scheduler = startOrch(['-C', dir, 'scheduler']);
  const [first, second] = await inbox.until(2);
  scheduler.child.kill('SIGTERM');
  await scheduler.ended;
  expect(second?.headers['x-orch-delivery']).toBe(first?.headers['x-orch-delivery']);
  expect(second?.body).toBe(first?.body);
  expect(JSON.parse(second?.body ?? '')).toMatchObject({
    id: first?.headers['x-orch-delivery'],
    title: 'Task one of bad failed',
  });
  const project = await openProject(dir, { env: {} });
  onTestFinished(() => project.close());
  expect(await project.store.alerts.deliveries('ops', 9)).toMatchObject([{ state: 'success', tries: 1 }]);
  // Nobody is told a third time.
  expect(inbox.arrived).toHaveLength(2);
});
