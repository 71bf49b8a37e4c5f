import type { AlertChannel, AlertMessage } from '../model/alert.ts';
import { DeliveryError } from './delivery-error.ts';

type Smtp = Extract<AlertChannel, { kind: 'smtp' }>;

/** Answers of a server from here on say no for good. */
const FINAL_FROM = 500;

/**
 * Sends a message as mail, of plain text.
 * @throws DeliveryError
 */
export async function sendMail(channel: Smtp, message: AlertMessage): Promise<void> {
  const { host, port, tls, user, password, from, to, timeoutMs } = channel;
  // Only who sends mail loads what it takes.
  const { createTransport } = await import('nodemailer');
  const transport = createTransport({
    host,
    port,
    secure: tls === 'tls',
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'none',
    ...(user === null ? {} : { auth: { user, pass: password ?? '' } }),
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const late = AbortSignal.timeout(timeoutMs);
  const isLate = new Promise<never>((_, reject) => {
    late.addEventListener('abort', () => reject(late.reason), { once: true });
  });
  const mail = {
    from,
    to: [...to],
    subject: `[${message.state === 'test' ? 'test' : message.level}] ${message.title}`,
    text: `${message.text}\n`,
    messageId: `<${message.id}@orch>`,
    headers: { 'Auto-Submitted': 'auto-generated' },
  };
  try {
    await Promise.race([transport.sendMail(mail), isLate]);
  } catch (error) {
    throw late.aborted ? new DeliveryError(`no answer within ${timeoutMs} ms`, false) : faultOf(error);
  } finally {
    transport.close();
  }
}

/** What a server says may have addresses in it: only its number is told. */
function faultOf(error: unknown): DeliveryError {
  const { code, responseCode } = (error ?? {}) as {
    readonly code?: unknown;
    readonly responseCode?: unknown;
  };
  if (typeof responseCode === 'number')
    return new DeliveryError(`the server answered with ${responseCode}`, responseCode >= FINAL_FROM);
  return new DeliveryError(`it cannot be reached (${String(code ?? 'unknown')})`, false);
}
