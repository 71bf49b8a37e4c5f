import { lookup } from 'node:dns/promises';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { isIPv6 } from 'node:net';
import { serve, type WebSocketServerLike } from '@hono/node-server';
import type { Hono } from 'hono';
import { WebSocketServer } from 'ws';
import { AppError } from '../core/model/errors.ts';
import { answerOneByOne } from './one-by-one.ts';

/** A server that listens. */
export interface Listening {
  readonly url: string;
  close(): Promise<void>;
}

/** Where to listen; `address` is an IP address, port 0 a free one. */
export interface Place {
  readonly address: string;
  readonly port: number;
  /** Until a request has arrived, its body included. */
  readonly requestTimeoutMs?: number;
  /** Connections at once; those beyond are closed as they come. */
  readonly connectionsMax?: number;
  /** A connection on which nothing moves for so long is closed. */
  readonly idleTimeoutMs?: number;
}

/** Ends what would keep connections open for ever. */
export interface Closing {
  close(): void;
}

const REQUEST_TIMEOUT_MS = 30_000;
const LOOK_MS = 5_000;
/**
 * Every stream and WebSocket that there may be, and as many others: who opens connections for nothing must
 * not take from the process what it opens files and starts tasks with.
 */
const CONNECTIONS_MAX = 5_000;
/** Who takes nothing of an answer has it kept in memory; no answer is silent for so long. */
const IDLE_TIMEOUT_MS = 120_000;
/**
 * Longer than clients and proxies keep connections that are idle, a minute mostly: who closes first must not
 * be the server, which may have a request on its way to it.
 */
const KEEP_ALIVE_MS = 75_000;

/**
 * The IP address of a host of this machine.
 * @throws AppError `usage` if it has none.
 */
export async function addressOf(host: string): Promise<string> {
  try {
    return (await lookup(host)).address;
  } catch (error) {
    throw new AppError('usage', `there is no address for the host '${host}'`, {}, error);
  }
}

/**
 * Serves an application. Once it is told to close, `open` is closed first: streams do not end by themselves.
 * @throws AppError `conflict` when the port is taken, `usage` for a place where this process cannot listen.
 */
export function listen(app: Hono, place: Place, open?: Closing): Promise<Listening> {
  const { address, port, requestTimeoutMs = REQUEST_TIMEOUT_MS } = place;
  const { connectionsMax = CONNECTIONS_MAX, idleTimeoutMs = IDLE_TIMEOUT_MS } = place;
  const serverOptions = {
    requestTimeout: requestTimeoutMs,
    headersTimeout: requestTimeoutMs,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectionsCheckingInterval: Math.min(LOOK_MS, requestTimeoutMs),
    shouldUpgradeCallback: becomesWebSocket,
  };
  // What clients send is of no use to anybody: a long message closes the line.
  const websocket = {
    server: new WebSocketServer({ noServer: true, maxPayload: 1_024 }) as unknown as WebSocketServerLike,
  };
  return new Promise((resolve, reject) => {
    const server = serve({ fetch: app.fetch, port, hostname: address, serverOptions, websocket }, (bound) => {
      const host = isIPv6(address) ? `[${address}]` : address;
      resolve({
        url: `http://${host}:${bound.port}`,
        close: () => {
          open?.close();
          return closing.close();
        },
      });
    });
    const closing = new GentleClose(server as Server);
    answerOneByOne(server as Server, (response) => closing.began(response));
    server.maxConnections = connectionsMax;
    server.setTimeout(idleTimeoutMs);
    server.on('error', (error: NodeJS.ErrnoException) => {
      const { code } = error;
      if (code === 'EADDRINUSE')
        reject(new AppError('conflict', `port ${port} is in use: choose another with --port`));
      else if (code === 'EADDRNOTAVAIL')
        reject(new AppError('usage', `${address} is no address of this machine: choose another with --host`));
      else if (code === 'EACCES')
        reject(new AppError('usage', `port ${port} needs rights that orch has not: choose one from 1024 on`));
      else reject(error);
    });
  });
}

/**
 * Whether a request takes its connection over. What asks for anything else than a WebSocket is answered like
 * any request: a connection that nobody has taken over is looked after by nobody, and stays. So does one that
 * was refused and whose client does not end it, so it ends with what was sent last.
 */
function becomesWebSocket({ headers, socket }: IncomingMessage): boolean {
  if (headers.upgrade?.toLowerCase() !== 'websocket') return false;
  socket.once('finish', () => socket.destroy());
  return true;
}

/** Closes a server once what it was asked is answered. Connections on which nobody asks end at once. */
class GentleClose {
  readonly #server: Server;
  #unanswered = 0;
  #isClosing = false;

  constructor(server: Server) {
    this.#server = server;
  }

  /** A request is being answered. */
  began(response: ServerResponse): void {
    this.#unanswered += 1;
    response.once('close', () => {
      this.#unanswered -= 1;
      this.#look();
    });
  }

  close(): Promise<void> {
    this.#isClosing = true;
    return new Promise((closed) => {
      this.#server.close(() => closed());
      this.#look();
    });
  }

  #look(): void {
    if (this.#isClosing && this.#unanswered === 0) this.#server.closeAllConnections();
  }
}
