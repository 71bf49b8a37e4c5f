import { createHmac } from 'node:crypto';
import type { AlertChannel, AlertMessage } from '../model/alert.ts';
import type { Clock } from '../model/clock.ts';
import { DeliveryError } from './delivery-error.ts';
import { sendMail } from './smtp.ts';

/** Refusals that may be none in a moment. */
const PASSING: readonly number[] = [408, 425, 429];

/**
 * Sends a message to a channel, in one try.
 * @throws DeliveryError
 */
export async function send(channel: AlertChannel, message: AlertMessage, clock: Clock): Promise<void> {
  if (channel.kind === 'smtp') return sendMail(channel, message);
  if (channel.kind === 'slack') return post(channel, JSON.stringify({ text: slackText(message) }), {});
  const body = JSON.stringify(message);
  const headers: Record<string, string> = { 'x-orch-delivery': message.id };
  if (channel.token !== null) headers['authorization'] = `Bearer ${channel.token}`;
  if (channel.secret !== null) {
    const seconds = Math.floor(clock.now() / 1_000);
    headers['x-orch-signature'] = `t=${seconds},v1=${signature(channel.secret, seconds, body)}`;
  }
  return post(channel, body, headers);
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

async function post(
  { url, timeoutMs }: Exclude<AlertChannel, { kind: 'smtp' }>,
  body: string,
  headers: Record<string, string>,
): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', 'user-agent': 'orch', ...headers },
    // An address that sends elsewhere is not the one that was configured.
    redirect: 'manual',
    signal: AbortSignal.timeout(timeoutMs),
  }).catch((error: unknown) => {
    throw new DeliveryError(faultOf(error, timeoutMs), false);
  });
  await response.body?.cancel().catch(() => undefined);
  if (response.ok) return;
  const { status } = response;
  const isFinal = status >= 300 && status < 500 && !PASSING.includes(status);
  throw new DeliveryError(`it was answered with status ${status}`, isFinal);
}

/** Errors of `fetch` name the address: only their code is told. */
function faultOf(error: unknown, timeoutMs: number): string {
  if (error instanceof Error && error.name === 'TimeoutError') return `no answer within ${timeoutMs} ms`;
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
  return `it cannot be reached (${code})`;
}
