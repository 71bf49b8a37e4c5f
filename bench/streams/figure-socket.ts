import { WebSocket } from 'ws';

/** One client of the figures of a server, over a WebSocket. */
export class FigureSocket {
  readonly opened: Promise<void>;
  readonly closed: Promise<void>;
  readonly #socket: WebSocket;
  /** Messages that it has had. */
  count = 0;

  constructor(url: string, headers: Record<string, string>) {
    this.#socket = new WebSocket(`${url.replace('http', 'ws')}/api/v1/metrics/realtime/ws`, { headers });
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.opened = promise;
    this.#socket.on('message', () => {
      this.count++;
      resolve();
    });
    this.#socket.on('error', reject);
    this.closed = new Promise((closed) => this.#socket.once('close', () => closed()));
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }
}
