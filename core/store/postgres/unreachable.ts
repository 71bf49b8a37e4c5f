import pg from 'pg';
import { AppError } from '../../model/errors.ts';

/** What errors are told with. The password is never part of it. */
export interface DatabasePlace {
  /** Host and port, or the path of a socket. */
  readonly address: string;
  readonly user: string;
  readonly database: string;
  /** Struck from what others say. */
  readonly password: string;
  readonly connectTimeoutMs: number;
}

const URL_HINT = "'store.url' (ORCH__STORE__URL)";
/** Answers of a server that is there but cannot or may not do it; none of them is a defect of orch. */
const REFUSING = /^(08...|25006|25P03|42501|53...|55P03|57...|58...)$/;
/** What the driver says of a connection that is gone. */
const GONE = /^(Connection terminated|Client has encountered a connection error)/;
const SYSTEM_CODE = /^E[A-Z]+$/;
const TIMED_OUT = /timeout expired|connection timeout|timeout exceeded|ETIMEDOUT/;
const TLS = /SSL|TLS|certificate|self.signed|EPROTO/i;

/**
 * The place that a config of the driver names, environment and defaults of the driver included.
 *
 * @throws AppError `invalid` if the driver cannot use it, as when a file of a certificate is missing.
 */
export function placeOf(config: pg.ClientConfig): DatabasePlace {
  const { host, port, user, database, password } = clientOf(config);
  return {
    address: host.startsWith('/') ? host : `${host.includes(':') ? `[${host}]` : host}:${port}`,
    user: user ?? '',
    database: database ?? '',
    password: typeof password === 'string' ? password : '',
    connectTimeoutMs: config.connectionTimeoutMillis ?? 0,
  };
}

function clientOf(config: pg.ClientConfig): pg.Client {
  try {
    return new pg.Client(config);
  } catch (error) {
    // Of a bad address the driver repeats nothing, of a missing file its path.
    throw new AppError('invalid', `${URL_HINT} cannot be used: ${messageOf(error)}.`, {}, error);
  }
}

/**
 * Refuses an address that the driver would read otherwise than it was meant: a `/`, `?` or `#` of a password
 * ends the host for it, and what comes before would be told as if it were a host.
 */
export function checkAddress(url: string): void {
  const rest = /^[a-z]+:\/\/[^/?#@]*([/?#].*)$/i.exec(url)?.[1] ?? '';
  const [path = '', query = ''] = rest.split('?', 2);
  const isMisread = path.includes('@') || query.replaceAll(/=[^&#]*/g, '').includes('@');
  const isAddress = /^(postgres(ql)?|socket):/i.test(url) || url.startsWith('/');
  if (isAddress && !isMisread) return;
  const advice = isMisread
    ? 'write / ? # @ of a password as %2F %3F %23 %40'
    : 'it begins with postgres://, such as postgres://orch@db:5432/orch';
  throw new AppError('invalid', `${URL_HINT} is no address of PostgreSQL: ${advice}.`);
}

/** The error of a connection that did not come about, told with its place and what to do. */
export function unreachable(place: DatabasePlace, error: unknown): AppError {
  const message = messageOf(error);
  const server = `PostgreSQL at ${place.address}`;
  const text = (said: string): AppError => new AppError('unavailable', said, {}, error);
  switch (codeOf(error)) {
    case 'ECONNREFUSED':
    case 'ENOENT':
      return text(`${server} is not there: nothing listens. Start it, or correct ${URL_HINT}.`);
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return text(`${server} cannot be found: its host has no address. Correct ${URL_HINT}, or try later.`);
    case '28P01':
      return text(`${server} takes another password of user '${place.user}': correct it in ${URL_HINT}.`);
    case '3D000':
      return text(`${server} has no database '${place.database}': create it, or correct ${URL_HINT}.`);
    case '28000':
      return text(`${server} refuses user '${place.user}': ${withoutPassword(place, message)}.`);
  }
  if (message.includes('client password must be'))
    return text(`${server} wants a password of user '${place.user}': give it in ${URL_HINT}.`);
  if (TIMED_OUT.test(message)) {
    const seconds = place.connectTimeoutMs / 1000;
    return text(`${server} does not answer within ${seconds} s. Look after it, or correct ${URL_HINT}.`);
  }
  const said = withoutPassword(place, message);
  if (TLS.test(message))
    return text(`${server} cannot be spoken to over TLS: ${said}. Correct it, or sslmode in ${URL_HINT}.`);
  return text(`${server} cannot be reached: ${said}. Look after it, or correct ${URL_HINT}.`);
}

/** The error of a statement: `unavailable` if the server is gone or refuses, otherwise as it is. */
export function statementError(place: DatabasePlace, error: unknown): unknown {
  const code = codeOf(error);
  const said = withoutPassword(place, messageOf(error));
  const server = `PostgreSQL at ${place.address}`;
  if (error instanceof pg.DatabaseError) {
    if (!REFUSING.test(code)) return error;
    return new AppError('unavailable', `${server} refuses: ${said}. Mend that, then try again.`, {}, error);
  }
  if (!GONE.test(said) && !SYSTEM_CODE.test(code)) return error;
  const text = `The connection to ${server} broke: ${said}. Try again when it is back.`;
  return new AppError('unavailable', text, {}, error);
}

/** Of several tries, one for each address of a host, the first speaks for all. */
function firstOf(error: unknown): unknown {
  return error instanceof AggregateError ? (error.errors[0] ?? error) : error;
}

function codeOf(error: unknown): string {
  const { code } = Object(firstOf(error)) as { readonly code?: unknown };
  return typeof code === 'string' ? code : '';
}

function messageOf(error: unknown): string {
  const first = firstOf(error);
  const text = first instanceof Error ? first.message : String(first);
  return (text.split('\n')[0] ?? '').replace(/\.$/, '');
}

function withoutPassword(place: DatabasePlace, text: string): string {
  return place.password === '' ? text : text.replaceAll(place.password, '***');
}
