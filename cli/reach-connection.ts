import { connect } from 'node:net';
import type { Connection } from '../core/model/connection.ts';
import { AppError } from '../core/model/errors.ts';

const WAIT_MS = 10_000;

/**
 * Opens a TCP connection to the server of a connection and closes it; where that is. Nothing is sent, so
 * neither login nor encryption is tried.
 * @throws AppError `unavailable` when it cannot be reached, `usage` for one that names no server.
 */
export async function reach(connection: Connection): Promise<string> {
  const place = placeOf(connection);
  if (place === null)
    throw new AppError('usage', 'The connection names no host with a port: there is nothing to reach.');
  const text = `${place.host}:${place.port}`;
  await new Promise<void>((resolve, reject) => {
    const socket = connect({ ...place, signal: AbortSignal.timeout(WAIT_MS) });
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      const why =
        error.code === 'ABORT_ERR' ? `no answer in ${WAIT_MS / 1e3} s` : (error.code ?? error.message);
      reject(new AppError('unavailable', `${text} cannot be reached: ${why}.`));
    });
  });
  return text;
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
