import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createLogger } from '../../../core/log/logger.ts';
import type { AlertChannel, AlertRule } from '../../../core/model/alert.ts';
import { systemClock } from '../../../core/model/clock.ts';
import { AlertDesk } from '../../../core/scheduler/alert-desk.ts';
import { openStore } from '../../../core/store/open-store.ts';
import type { Lease, Store } from '../../../core/store/store.ts';
import { openWebhookInbox, type WebhookInbox } from '../../server/inbox-of-webhooks.ts';
import { rule } from '../alerting/desk-in-memory.ts';

const QUIET = createLogger({ level: 'silent', to: 2 });

describe('the desk of alerts', () => {
  let store: Store;
  let lease: Lease;
  let inbox: WebhookInbox;
  beforeEach(async () => {
    store = await openStore({ kind: 'sqlite', path: ':memory:', durability: 'normal', clock: systemClock });
    lease = (await store.tryLead()) as Lease;
    inbox = await openWebhookInbox();
  });
  afterEach(async () => {
    await store.close();
    await inbox[Symbol.asyncDispose]();
  });

  const errors = rule({ on: 'system_error', windowMs: 0, groupBy: 'rule' });
  const channel = (name: string, url: string): AlertChannel => {
    return { kind: 'webhook', name, url, secret: null, token: null, timeoutMs: 60_000 };
  };
  function open(rules: readonly AlertRule[] = [errors], ...more: readonly AlertChannel[]): AlertDesk {
    const url = inbox.url;
    return new AlertDesk({
      rules,
      channels: [channel('ops', url), ...more],
      store,
      lease,
      clock: systemClock,
      log: QUIET,
      sample: () => Promise.reject(new Error('nothing to measure')),
      onTurned: () => undefined,
    });
  }

  test('a message that a crash has cut off is sent by the next one', async () => {
    await store.alerts.record(lease, {
      decision: { alerts: [], groups: [], goneGroups: [] },
      deliveries: [{ channel: 'ops', message: { id: 'm1' } as never }],
      seq: 0,
      at: 0,
    });
    const next = open();
    await next.start();
    const [arrived] = await inbox.until(1);
    expect(JSON.parse(arrived?.body ?? '')).toMatchObject({ id: 'm1' });
    await next.drain();
    await next.close();
    expect(await store.alerts.openChannels()).toEqual([]);
  });

  test('a channel that never answers holds up no other', async () => {
    const silent = await openWebhookInbox('never', 'never', 'never', 'never');
    const names = ['silent', 'silent', 'silent', 'silent', 'ops'];
    await store.alerts.record(lease, {
      decision: { alerts: [], groups: [], goneGroups: [] },
      deliveries: names.map((name) => ({ channel: name, message: { id: name } as never })),
      seq: 0,
      at: 0,
    });
    const desk = open([errors], channel('silent', silent.url));
    await desk.start();
    expect(await inbox.until(1)).toMatchObject([{ headers: { 'x-orch-delivery': 'ops' } }]);
    await silent.until(4);
    await silent[Symbol.asyncDispose]();
    await desk.close();
  });

  test('an error is told, and one of a store that is away for a moment only then', async () => {
    let fails = 2;
    const record = store.alerts.record.bind(store.alerts);
    store.alerts.record = (...args) =>
      fails-- > 0 ? Promise.reject(new Error('the store is away')) : record(...args);
    const desk = open();
    desk.noteError('a tick failed');
    for (let at = 0; at < 3; at++) await desk.drain();
    expect(inbox.arrived.map(({ body }) => JSON.parse(body).text)).toEqual([
      'orch has failed at something: a tick failed',
    ]);
    await desk.close();
  });

  test('a message to a channel that is gone is given up', async () => {
    const desk = open([{ ...errors, channels: ['gone'] }]);
    desk.noteError('a tick failed');
    await desk.drain();
    await desk.close();
    expect(await store.alerts.deliveries('gone', 9)).toMatchObject([
      { state: 'failed', tries: 1, error: 'there is no such channel any more' },
    ]);
  });
});
