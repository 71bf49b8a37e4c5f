import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newSecret, secretHash } from '../../core/accounts/secret-text.ts';
import { signature } from '../../core/channels/send.ts';
import type { Grant } from '../../core/model/account.ts';
import type { AlertMessage } from '../../core/model/alert.ts';
import { EventSource } from '../../server/live/live-event.ts';
import { openMailInbox } from '../unit/channels/mail-inbox.ts';
import { openWebhookInbox, type WebhookInbox } from './inbox-of-webhooks.ts';
import { type Served, serve } from './served.ts';

const DAG = (id: string, script: string) =>
  `id: ${id}\nschedule: '17 3 29 2 *'\ntasks: { clean: { run: '${script}' } }\n`;
const config = (url: string) => `alerts:
  rules:
    broken: { on: task_failure, window: 0s, dags: [shaky], title: 'broken: \${{ alert.dagId }}' }
    runs: { on: run_failure, level: critical, channels: nowhere, window: 0s }
  channels:
    ops: { kind: webhook, url: '${url}/secret-path', secret: very-secret, token: my-token }
    nowhere: { kind: slack, url: 'http://127.0.0.1:1/gone' }
`;

describe('alerts of a project', () => {
  let inbox: WebhookInbox;
  let api: Served;
  const alerts = async (query = '') =>
    (await api.get(`/api/v1/alerts${query}`)).body['items'] as Record<string, unknown>[];
  const opsOf = (all: WebhookInbox['arrived']) => all.filter(({ path }) => path === '/secret-path');
  const messageOf = (body: string | undefined) => JSON.parse(body ?? '{}') as AlertMessage;

  beforeAll(async () => {
    inbox = await openWebhookInbox(500);
    api = await serve({
      'airflow.yaml': config(inbox.url),
      'dags/shaky.yaml': DAG('shaky', 'test -e fine'),
      'dags/other.yaml': DAG('other', 'true'),
    });
  });
  afterAll(async () => {
    await api[Symbol.asyncDispose]();
    await inbox[Symbol.asyncDispose]();
  });

  test('a failing task is told once, whatever the channel answers first, and its end once more', async () => {
    await api.orch.run('shaky');
    await api.until('/api/v1/alerts/channels', ({ items }) => {
      const [ops] = items as { latest: { state: string }[] }[];
      return ops?.latest[0]?.state === 'success';
    });
    const told = opsOf(inbox.arrived);
    const messages = told.map(({ body }) => messageOf(body));
    const one = [messages[0]?.id, 'open', 'broken: shaky'];
    expect(
      messages.map(({ id, state, title }) => [id, state, title]),
      'the first try was answered 500',
    ).toEqual([one, one]);
    const { headers, body } = told.at(-1) as (typeof told)[number];
    const [, seconds = '', hash] =
      /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers['x-orch-signature'])) ?? [];
    expect(hash).toBe(signature('very-secret', Number(seconds), body));
    expect(headers).toMatchObject({ authorization: 'Bearer my-token', 'x-orch-delivery': messages[0]?.id });

    const [run, broken] = await alerts();
    expect([run?.['rule'], broken?.['rule']].sort()).toEqual(['broken', 'runs']);
    const id = (await alerts('?rule=broken'))[0]?.['alertId'];
    const taken = await api.post(`/api/v1/alerts/${id}/acknowledge`);
    expect(taken.body).toMatchObject({ state: 'acknowledged', acknowledgedBy: expect.any(String) });

    const before = opsOf(inbox.arrived).length;
    api.project.write({ fine: '' });
    await api.orch.run('shaky');
    await api.until(`/api/v1/alerts/${id}`, ({ state }) => state === 'resolved');
    await api.until('/api/v1/alerts/channels', ({ items }) => {
      const [ops] = items as { latest: { state: string }[] }[];
      return ops?.latest.length === 2 && ops.latest[0]?.state === 'success';
    });
    const after = opsOf(inbox.arrived)
      .slice(before)
      .map(({ body }) => messageOf(body));
    expect(after.map(({ state }) => state)).toEqual(['resolved']);
    expect((await api.post(`/api/v1/alerts/${id}/acknowledge`)).status).toBe(409);
  });

  test('they are in the journal of streams, in the figures, and found by what they are', async () => {
    expect((await alerts('?state=resolved&level=critical')).map(({ rule }) => rule)).toEqual(['runs']);
    expect(await alerts('?state=open')).toEqual([]);
    const first = await api.get('/api/v1/alerts?limit=1');
    const next = await api.get(`/api/v1/alerts?limit=1&cursor=${first.body['nextCursor']}`);
    expect(next.body).toMatchObject({ items: [{}], nextCursor: null });
    const lines = await api.services.store.journal({});
    const codes = lines.map(({ because }) => because.code).filter((code) => code.startsWith('alert_'));
    expect(codes.sort()).toEqual(['alert_opened', 'alert_opened', 'alert_resolved', 'alert_resolved']);
    const { events } = await new EventSource(api.services.store).after(0, 1_000);
    const changed = events.filter(({ text }) => text.includes('event: alert.changed'));
    expect(changed.map(({ dagId }) => dagId)).toEqual(['shaky', 'shaky', 'shaky', 'shaky']);
    const { body } = await api.get('/metrics');
    expect(String(body['text'])).toContain('orch_alert_messages{channel="ops",state="success"} 2');
  });

  test('rules and channels are shown without addresses and secrets, and a channel can be tried', async () => {
    const rules = await api.get('/api/v1/alerts/rules');
    expect(rules.body['items']).toMatchObject([{ name: 'broken', on: 'task_failure' }, { name: 'runs' }]);
    const channels = await api.get('/api/v1/alerts/channels');
    expect(channels.body['items']).toMatchObject([{ name: 'ops', kind: 'webhook' }, { name: 'nowhere' }]);
    const tried = await api.post('/api/v1/alerts/channels/ops/test');
    expect(tried.body).toEqual({ arrived: true, error: null });
    expect(messageOf(inbox.arrived.at(-1)?.body)).toMatchObject({ state: 'test', count: 0 });
    expect((await api.post('/api/v1/alerts/channels/none/test')).status).toBe(404);
    for (const secret of ['secret-path', 'very-secret', 'my-token', inbox.url])
      expect(JSON.stringify([rules.body, channels.body, tried.body])).not.toContain(secret);
  });

  test('other rules and channels hold at once: alerts go on whose rule is still there', async () => {
    rmSync(join(api.project.dir, 'fine'));
    await api.orch.run('shaky');
    const isOpen = ({ items }: Record<string, unknown>) => (items as unknown[]).length === 2;
    await api.until('/api/v1/alerts?state=open', isOpen);
    const [before] = await alerts('?rule=broken&state=open');
    const rules = `rules:
    broken: { on: task_failure, window: 0s, dags: [shaky] }
    fresh: { on: run_failure, window: 0s, channels: late }`;
    const late = `late: { kind: webhook, url: '${inbox.url}/late' }`;
    api.project.write({ 'airflow.yaml': `alerts:\n  ${rules}\n  channels: { ${late} }\n` });
    await api.until('/api/v1/alerts?state=open', ({ items }) => (items as unknown[]).length === 1);
    expect((await alerts('?rule=runs'))[0]).toMatchObject({ details: { closed: 'its rule is gone' } });
    expect((await alerts('?state=open'))[0]).toEqual(before);
    const { body } = await api.get('/api/v1/alerts/rules');
    expect(body['items']).toMatchObject([{ name: 'broken' }, { name: 'fresh' }]);
    await api.orch.run('shaky');
    const again = await api.until(`/api/v1/alerts/${before?.['alertId']}`, ({ count }) => count === 2);
    expect(again).toMatchObject({ state: 'open', firstSeenAt: before?.['firstSeenAt'] });
    await api.until('/api/v1/alerts/channels', ({ items }) => {
      const [only] = items as { latest: { state: string }[] }[];
      return only?.latest.some(({ state }) => state === 'success') ?? false;
    });
    expect(inbox.arrived.some(({ path }) => path === '/late')).toBe(true);
    const put = await api.send('PUT', '/api/v1/system/config', { 'alerts.rules.broken.level': 'info' });
    expect(put.body).toMatchObject({ inForce: ['alerts.rules.broken.level'], overridden: [] });
    const channel = { 'alerts.channels.late.url': 'http://10.0.0.1/' };
    expect((await api.send('PUT', '/api/v1/system/config', channel)).status).toBe(422);
    api.project.write({ 'airflow.yaml': '{}\n' });
    await api.until('/api/v1/alerts?state=open', ({ items }) => (items as unknown[]).length === 0);
    api.project.write({ 'airflow.yaml': config(inbox.url) });
    await api.until('/api/v1/alerts/rules', ({ items }) => (items as unknown[]).length === 2);
  });

  test('a mail server that takes nothing at first is tried again, and told of the end too', async () => {
    await using mails = await openMailInbox('451 not now');
    const to = 'from: orch@a.example, to: b@c.example';
    const mail = `{ kind: smtp, host: 127.0.0.1, port: ${mails.port}, tls: none, ${to} }`;
    const rules = 'rules: { mailed: { on: task_failure, window: 0s, dags: [shaky] } }';
    api.project.write({ 'airflow.yaml': `alerts:\n  ${rules}\n  channels: { mail: ${mail} }\n` });
    await api.until('/api/v1/alerts/channels', ({ items }) => (items as unknown[]).length === 1);
    const arrived = (count: number) =>
      api.until('/api/v1/alerts/channels', ({ items }) => {
        const [{ latest } = { latest: [] }] = items as { latest: { state: string }[] }[];
        return latest.filter(({ state }) => state === 'success').length === count;
      });
    rmSync(join(api.project.dir, 'fine'), { force: true });
    await api.orch.run('shaky');
    await arrived(1);
    api.project.write({ fine: '' });
    await api.orch.run('shaky');
    await arrived(2);
    const subjects = mails.lines.filter((line) => line.startsWith('Subject: '));
    expect(subjects).toEqual([expect.stringContaining('clean'), expect.stringContaining('clean')]);
    expect(mails.lines.filter((line) => line.startsWith('MAIL'))).toHaveLength(3);
    const ids = mails.lines.filter((line) => /^message-id: /i.test(line));
    expect(new Set(ids).size).toBe(2);
    rmSync(join(api.project.dir, 'fine'));
    api.project.write({ 'airflow.yaml': config(inbox.url) });
    await api.until('/api/v1/alerts/rules', ({ items }) => (items as unknown[]).length === 2);
  });

  test('mutes are made, listed and taken back', async () => {
    const until = new Date(Date.now() + 60_000).toISOString();
    const made = await api.post('/api/v1/alerts/mutes', {
      rule: 'broken',
      dagId: 'shaky',
      until,
      reason: 'r',
    });
    expect(made).toMatchObject({ status: 201, body: { rule: 'broken', dagId: 'shaky', until, reason: 'r' } });
    const list = await api.get('/api/v1/alerts/mutes');
    expect(list.body['items']).toEqual([made.body]);
    const path = `/api/v1/alerts/mutes/${made.body['muteId']}`;
    expect([(await api.send('DELETE', path)).status, (await api.send('DELETE', path)).status]).toEqual([
      204, 404,
    ]);
    const refused = [
      { rule: 'none' },
      { dagId: 'none' },
      { until: '2020-01-01T00:00:00Z' },
      { until: 'soon' },
    ];
    for (const body of refused)
      expect((await api.post('/api/v1/alerts/mutes', body)).status, JSON.stringify(body)).toBeGreaterThan(
        399,
      );
  });

  test('who may not see a DAG sees none of its alerts, and mutes nothing of it', async () => {
    const secret = newSecret();
    const grants: readonly Grant[] = [{ dags: 'other', role: 'admin' }];
    const token = { tokenId: randomUUID(), name: 'x', grants, createdAt: 1, createdBy: 't', usedAt: null };
    const ends = { expiresAt: null, revokedAt: null };
    await api.services.store.accounts.saveToken({ ...token, ...ends }, secretHash(secret));
    const who = { authorization: `Bearer ${secret}` };
    const [one] = await alerts();
    expect((await api.get('/api/v1/alerts', who)).body['items']).toEqual([]);
    expect((await api.get('/api/v1/alerts?dagId=shaky', who)).body['items']).toEqual([]);
    const path = `/api/v1/alerts/${one?.['alertId']}`;
    expect((await api.get(path, who)).status).toBe(404);
    expect((await api.post(`${path}/acknowledge`, {}, who)).status).toBe(404);
    expect((await api.post('/api/v1/alerts/mutes', { dagId: 'shaky' }, who)).status).toBe(404);
    for (const body of [{}, { rule: 'broken' }])
      expect((await api.post('/api/v1/alerts/mutes', body, who)).status).toBe(403);
    for (const of of ['rules', 'channels'])
      expect((await api.get(`/api/v1/alerts/${of}`, who)).status).toBe(403);
    expect((await api.post('/api/v1/alerts/channels/ops/test', {}, who)).status).toBe(403);
  });
});
