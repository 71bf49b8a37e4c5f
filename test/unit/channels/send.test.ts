import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { testMessage } from '../../../core/alerting/compose.ts';
import type { DeliveryError } from '../../../core/channels/delivery-error.ts';
import { send } from '../../../core/channels/send.ts';
import type { AlertChannel } from '../../../core/model/alert.ts';
import { systemClock } from '../../../core/model/clock.ts';
import { openWebhookInbox } from '../../server/inbox-of-webhooks.ts';
import { openMailInbox } from './mail-inbox.ts';

const message = {
  ...testMessage('m1', 'ops', 0),
  title: 'a & <b>\r\nBcc: evil@x.example',
  text: '<!channel> ü',
};
const webhook = (url: string): AlertChannel => {
  return { kind: 'webhook', name: 'ops', url, secret: null, token: null, timeoutMs: 5_000 };
};
const smtp = (port: number, more: object = {}): AlertChannel => {
  const of = { kind: 'smtp', name: 'mail', host: '127.0.0.1', port, tls: 'none', user: null, password: null };
  const who = { from: 'orch <orch@a.example>', to: ['x@a.example', 'y@a.example'], timeoutMs: 5_000 };
  return { ...of, ...who, ...more } as AlertChannel;
};
const fault = (channel: AlertChannel) =>
  send(channel, message, systemClock).then(
    () => null,
    ({ name, message: text, isFinal }: DeliveryError) => ({ name, text, isFinal }),
  );

describe('a webhook', () => {
  test('is sent the message as JSON; Slack a text without links and mentions', async () => {
    await using inbox = await openWebhookInbox();
    await send(webhook(`${inbox.url}/hook`), message, systemClock);
    await send({ kind: 'slack', name: 's', url: inbox.url, timeoutMs: 5_000 }, message, systemClock);
    expect(inbox.arrived[0]).toMatchObject({
      path: '/hook',
      headers: { 'content-type': 'application/json' },
    });
    expect(inbox.arrived[0]?.headers).not.toHaveProperty('authorization');
    expect(JSON.parse(inbox.arrived[0]?.body ?? '')).toEqual(message);
    expect(JSON.parse(inbox.arrived[1]?.body ?? '')).toEqual({
      text: ':white_circle: *a &amp; &lt;b&gt;\r\nBcc: evil@x.example*\n&lt;!channel&gt; ü',
    });
  });

  test.each([
    [302, true],
    [400, true],
    [404, true],
    [408, false],
    [429, false],
    [500, false],
    [503, false],
  ])(
    'that answers %i has not got it, and it is tried again unless that is final',
    async (status, isFinal) => {
      await using inbox = await openWebhookInbox(status);
      const text = `it was answered with status ${status}`;
      expect(await fault(webhook(`${inbox.url}/secret`))).toEqual({ name: 'DeliveryError', text, isFinal });
      expect(
        inbox.arrived.map(({ path }) => path),
        'redirects are not followed',
      ).toEqual(['/secret']);
    },
  );

  test('that cannot be reached, or does not answer in time, is told without its address', async () => {
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}/secret`;
    const late = { ...webhook(url), timeoutMs: 50 };
    expect(await fault(late)).toMatchObject({ text: 'no answer within 50 ms', isFinal: false });
    silent.closeAllConnections();
    await new Promise((resolve) => silent.close(resolve));
    expect(await fault(webhook(url))).toMatchObject({
      text: 'it cannot be reached (ECONNREFUSED)',
      isFinal: false,
    });
  });
});

describe('mail', () => {
  test('goes to everybody, in plain text, with no header that a title brings along', async () => {
    await using inbox = await openMailInbox();
    await send(smtp(inbox.port), message, systemClock);
    const said = inbox.lines.join('\n');
    expect(said).toMatch(/MAIL FROM:<orch@a\.example>[\s\S]*RCPT TO:<x@a\.example>\nRCPT TO:<y@a\.example>/);
    expect(said).toMatch(/Subject: \[test\] a & <b> ?\s?Bcc: evil/);
    expect(inbox.lines.filter((line) => /^bcc:/i.test(line))).toEqual([]);
    expect(said).toContain('Content-Type: text/plain; charset=utf-8');
  });

  test.each([
    ['550 no such x@a.example', 'the server answered with 550', true],
    ['451 later, x@a.example', 'the server answered with 451', false],
  ])('that is answered %s', async (answer, text, isFinal) => {
    await using inbox = await openMailInbox(answer);
    expect(await fault(smtp(inbox.port))).toMatchObject({ text, isFinal });
  });

  test('is not sent in the open where it is to be guarded', async () => {
    await using inbox = await openMailInbox();
    expect(await fault(smtp(inbox.port, { tls: 'starttls' }))).toMatchObject({ isFinal: false });
    expect(inbox.lines.filter((line) => /^MAIL/.test(line))).toEqual([]);
  });
});
