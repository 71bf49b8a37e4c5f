import { DeliveryError } from './delivery-error.ts';

/** Refusals that may be none in a moment. */
const PASSING: readonly number[] = [408, 425, 429];
/** Bytes of an answer that are read; nobody needs more. */
const ANSWER_MAX_BYTES = 65_536;

export interface Post {
  readonly url: string;
  readonly headers: { readonly [name: string]: string };
  /** JSON. */
  readonly body: string;
  readonly timeoutMs: number;
  /** Gives it up early. */
  readonly signal?: AbortSignal;
  /** Which statuses make another try sensible; absent: those of a server that is in trouble or busy. */
  readonly isPassing?: (status: number) => boolean;
}

/**
 * Posts JSON in one try and gives the beginning of the answer. No word of an error has the address in it.
 * @throws DeliveryError
 */
export async function post({ url, headers, body, timeoutMs, signal, isPassing }: Post): Promise<string> {
  const deadline = AbortSignal.timeout(timeoutMs);
  const response = await fetch(url, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', 'user-agent': 'orch', ...headers },
    // An address that sends elsewhere is not the one that was configured.
    redirect: 'manual',
    signal: signal === undefined ? deadline : AbortSignal.any([deadline, signal]),
  }).catch((error: unknown) => {
    throw new DeliveryError(faultOf(error, timeoutMs), false);
  });
  const { status } = response;
  if (response.ok) return readStart(response).catch(() => '');
  await response.body?.cancel().catch(() => undefined);
  const isFinal = !(isPassing ?? isTrouble)(status);
  throw new DeliveryError(`it was answered with status ${status}`, isFinal, retryAfter(response));
}

function isTrouble(status: number): boolean {
  return status < 300 || status >= 500 || PASSING.includes(status);
}

/** Seconds alone: a date needs a clock that agrees. */
function retryAfter({ headers }: Response): number | null {
  const text = headers.get('retry-after') ?? '';
  return /^\d{1,6}$/.test(text) ? Number(text) * 1_000 : null;
}

async function readStart(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes >= ANSWER_MAX_BYTES) break;
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Errors of `fetch` name the address: only their code is told. */
function faultOf(error: unknown, timeoutMs: number): string {
  if (error instanceof Error && error.name === 'TimeoutError') return `no answer within ${timeoutMs} ms`;
  if (error instanceof Error && error.name === 'AbortError') return 'it was given up early';
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return typeof code === 'string'
    ? `it cannot be reached (${code})`
    : 'what is there does not answer by HTTP';
}
