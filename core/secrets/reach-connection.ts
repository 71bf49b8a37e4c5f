import { connect } from 'node:net';
import type { Connection } from '../model/connection.ts';
import { AppError } from '../model/errors.ts';

const WAIT_MS = 10_000;

/** Where a connection leads to, and why it could not be reached; `null`: it was. */
export interface Reached {
  readonly place: string;
  readonly error: string | null;
}

/**
 * Opens a TCP connection to the server of a connection and closes it. Nothing is sent, so neither login nor
 * encryption is tried.
 * @throws AppError `usage` for one that names no server.
 */
export async function reach(connection: Connection): Promise<Reached> {
  const place = placeOf(connection);
  if (place === null)
    throw new AppError('usage', 'The connection names no host with a port: there is nothing to reach.');
  const error = await new Promise<string | null>((resolve) => {
    const socket = connect({ ...place, signal: AbortSignal.timeout(WAIT_MS) });
    socket.once('connect', () => {
      socket.destroy();
      resolve(null);
    });
    socket.once('error', ({ code, message }: NodeJS.ErrnoException) =>
      resolve(code === 'ABORT_ERR' ? `no answer in ${WAIT_MS / 1e3} s` : (code ?? message)),
    );
  });
  return { place: `${place.host}:${place.port}`, error };
}

function placeOf(connection: Connection): { readonly host: string; readonly port: number } | null {
  if (connection.type === 'http') return placeOfUrl(connection.url);
  if (connection.type === 's3')
    return placeOfUrl(connection.endpoint ?? `https://s3.${connection.region ?? 'us-east-1'}.amazonaws.com`);
  const { host, port } = connection;
  return host === undefined || port === undefined ? null : { host, port };
}

function placeOfUrl(text: string): { readonly host: string; readonly port: number } {
  const { hostname, port, protocol } = new URL(text);
  const usual = protocol === 'https:' ? 443 : 80;
  return { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? usual : Number(port) };
}
