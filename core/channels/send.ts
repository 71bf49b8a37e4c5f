import { createHmac } from 'node:crypto';
import type { AlertChannel, AlertMessage } from '../model/alert.ts';
import type { Clock } from '../model/clock.ts';
import { post } from './post.ts';
import { sendMail } from './smtp.ts';

/**
 * Sends a message to a channel, in one try.
 * @throws DeliveryError
 */
export async function send(channel: AlertChannel, message: AlertMessage, clock: Clock): Promise<void> {
  if (channel.kind === 'smtp') return sendMail(channel, message);
  if (channel.kind === 'slack') {
    await post({ ...channel, headers: {}, body: JSON.stringify({ text: slackText(message) }) });
    return;
  }
  const body = JSON.stringify(message);
  const headers: Record<string, string> = { 'x-orch-delivery': message.id };
  if (channel.token !== null) headers['authorization'] = `Bearer ${channel.token}`;
  if (channel.secret !== null) {
    const seconds = Math.floor(clock.now() / 1_000);
    headers['x-orch-signature'] = `t=${seconds},v1=${signature(channel.secret, seconds, body)}`;
  }
  await post({ ...channel, headers, body });
}

/** What proves that a body was sent by somebody who knows the secret, at a time. */
export function signature(secret: string, seconds: number, body: string): string {
  return createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex');
}

const MARKS = { open: ':red_circle:', resolved: ':large_green_circle:', test: ':white_circle:' } as const;

/** As Slack reads it: `&`, `<` and `>` would begin links and mentions. */
function slackText({ state, title, text }: AlertMessage): string {
  const plain = (part: string): string =>
    part.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return `${MARKS[state]} *${plain(title).replaceAll('*', '')}*\n${plain(text)}`;
}
