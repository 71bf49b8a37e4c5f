import { readAnswer } from '../../client/read-answer.ts';
import { orchVersion } from '../../core/config/installation.ts';
import { AppError } from '../../core/model/errors.ts';

type Ask = (url: string, init: RequestInit) => Promise<Response>;

/** A change that a server keeps for its scheduler is answered within 20 s. */
const ANSWER_MS = 40_000;
/** More is no refusal and no document of orch. */
const OWN_BYTES_MAX = 16 * 1024 * 1024;
/** Every answer of orch has it, whatever it is. */
const OWN_HEADER = 'x-request-id';

/** How long an answer may take to begin, and what asks. */
export interface AskOptions {
  readonly timeoutMs?: number;
  readonly fetch?: Ask;
}

/**
 * Asks a server, and says in one sentence what is wrong where no orch of this version answers.
 * @throws AppError `unavailable`
 */
export function askServer(
  server: string,
  { timeoutMs = ANSWER_MS, fetch: ask = fetch }: AskOptions = {},
): Ask {
  return async (url, init) => {
    const response = await inTime(server, timeoutMs, init, (limited) => ask(url, limited));
    const { status, headers } = response;
    if (status >= 300 && status < 400) throw sentOn(server, headers.get('location'));
    if (!headers.has(OWN_HEADER)) throw notOrch(server, `status ${status}`);
    const detail = status === 404 || status === 400 ? await detailOf(response) : '';
    if (!/^(there is nothing at \/|unknown key )/.test(detail)) return response;
    const there = await versionThere(server, ask);
    if (there === null || there === orchVersion()) return response;
    const versions = `the server ${server} has orch ${there}, this is orch ${orchVersion()}`;
    throw new AppError('unavailable', `What is asked for is not known there: ${versions}`);
  };
}

/** Has a request end that is not answered in time; what follows the head of an answer may take longer. */
async function inTime(
  server: string,
  timeoutMs: number,
  init: RequestInit,
  ask: (init: RequestInit) => Promise<Response>,
): Promise<Response> {
  const over = new AbortController();
  const timer = setTimeout(() => over.abort(), timeoutMs);
  const signal = init.signal ? AbortSignal.any([init.signal, over.signal]) : over.signal;
  try {
    return await ask({ ...init, signal });
  } catch (error) {
    if (over.signal.aborted) throw unreachable(server, `it has not answered in ${timeoutMs / 1_000} s`);
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

async function detailOf(response: Response): Promise<string> {
  const problem = (await jsonOf(response.clone()).catch(() => null)) as { readonly detail?: unknown } | null;
  return typeof problem?.detail === 'string' ? problem.detail : '';
}

async function jsonOf(response: Response): Promise<unknown> {
  const limits = { bytesMax: OWN_BYTES_MAX, late: AbortSignal.timeout(ANSWER_MS) };
  return JSON.parse((await readAnswer(response, limits)).text);
}

/** The version of a server, which it says to everybody; `null`: it does not. */
export async function versionThere(server: string, ask: Ask): Promise<string | null> {
  try {
    const response = await ask(`${server}/openapi.json`, { signal: AbortSignal.timeout(ANSWER_MS) });
    const { info } = (await jsonOf(response)) as { readonly info?: { readonly version?: unknown } };
    return typeof info?.version === 'string' ? info.version : null;
  } catch {
    return null;
  }
}

/** The token goes to no other server than it is for: the user has to name that one. */
function sentOn(server: string, location: string | null): AppError {
  const to = location === null || !URL.canParse(location, server) ? null : new URL(location, server).origin;
  const where = to === null ? 'elsewhere' : `to ${to}: name that address instead`;
  return new AppError('unavailable', `The server ${server} sends on ${where}`);
}

/** What answers is something else. */
export function notOrch(server: string, what: string): AppError {
  return new AppError(
    'unavailable',
    `What answers at ${server} is no orch server (${what}): look at the address, and whether a proxy ` +
      'before it reaches one',
  );
}

/** What answers is no answer of orch; `to` is the operation, if one is known. */
export function unreadable(server: string, to: string | null, why: string, cause?: unknown): AppError {
  const which = to === null ? 'an answer' : `an answer to ${to}`;
  return new AppError(
    'unavailable',
    `The server ${server} gave ${which} that cannot be read: ${why}`,
    {},
    cause,
  );
}

/** What people can do about codes of the system, of TLS and of HTTP. */
const WORDS: { readonly [code: string]: string } = {
  ECONNREFUSED: "nothing listens there; 'orch server' or 'orch up' on that machine does",
  ENOTFOUND: 'there is no host of that name',
  EAI_AGAIN: 'its name cannot be looked up now',
  ECONNRESET: 'the connection was cut off',
  UND_ERR_SOCKET: 'the connection was cut off; an address with TLS begins with https://',
  UND_ERR_CONNECT_TIMEOUT: 'no connection in time',
  ETIMEDOUT: 'no connection in time',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS; its address may begin with http://',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'it does not speak TLS; its address may begin with http://',
  CERT_HAS_EXPIRED: 'its certificate is not valid any more',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
};
const UNTRUSTED = /SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER)/;

/** Why a server cannot be reached, as far as `fetch` says. */
export function whyUnreachable(server: string, error: TypeError): AppError {
  const { code, message } = (error.cause ?? {}) as { readonly code?: string; readonly message?: string };
  if (code === undefined) return unreachable(server, message ?? error.message, error);
  const trust = 'its certificate is of nobody trusted here; NODE_EXTRA_CA_CERTS names a file of who is';
  const words = UNTRUSTED.test(code) ? trust : WORDS[code];
  return unreachable(server, words === undefined ? code : `${words} (${code})`, error);
}

function unreachable(server: string, why: string, cause?: unknown): AppError {
  return new AppError('unavailable', `The server ${server} cannot be reached: ${why}`, {}, cause);
}
