import { serve } from '@hono/node-server';
import type { Hono } from 'hono';
import { AppError } from '../core/model/errors.ts';

/** A server that listens. */
export interface Listening {
  readonly url: string;
  close(): Promise<void>;
}

/** Ends what would keep connections open for ever. */
export interface Closing {
  close(): void;
}

/**
 * Listens on the loopback address only: there is no login yet.
 * Once it is told to close, `open` is closed first: streams do not end by themselves.
 *
 * @throws AppError `conflict` when the port is taken.
 */
export function listen(app: Hono, port: number, open?: Closing): Promise<Listening> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch: app.fetch, port, hostname: '127.0.0.1' }, (address) => {
      resolve({
        url: `http://127.0.0.1:${address.port}`,
        close: () => {
          open?.close();
          return new Promise((closed) => server.close(() => closed()));
        },
      });
    });
    server.on('error', (error: NodeJS.ErrnoException) => {
      const taken = error.code === 'EADDRINUSE';
      reject(taken ? new AppError('conflict', `port ${port} is in use: choose another with --port`) : error);
    });
  });
}
