import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** What the proxy does with the next bytes that a client sends. */
export type Fault =
  /** Passes everything on. */
  | 'none'
  /** Drops the request and the connection. */
  | 'lose request'
  /** Passes the request on, and drops the connection instead of the answer. */
  | 'lose answer'
  /** Drops the connection, and keeps the request for `deliver`. */
  | 'hold request'
  /** Takes no connection and drops every one. */
  | 'away';

/** A wire between a client and a server that can be cut in every way. */
export interface TcpProxy {
  readonly port: number;
  /** Holds for the next request; `away` until it is set again. */
  fault: Fault;
  /** Resolves when the fault has struck. */
  struck(): Promise<void>;
  /** Sends the request that was held to the server, and waits until the server is done with it. */
  deliver(): Promise<void>;
  close(): Promise<void>;
}

/** Starts a proxy on the loopback in front of a port of the loopback. */
export async function startProxy(target: number): Promise<TcpProxy> {
  const proxy = new CuttingProxy(target);
  await proxy.listen();
  return proxy;
}

class CuttingProxy implements TcpProxy {
  readonly #target: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #strikes: (() => void)[] = [];
  #fault: Fault = 'none';
  #held: { readonly upstream: Socket; readonly bytes: Buffer } | null = null;

  constructor(target: number) {
    this.#target = target;
    this.#server = createServer((client) => this.#join(client));
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  get fault(): Fault {
    return this.#fault;
  }

  set fault(fault: Fault) {
    this.#fault = fault;
    if (fault === 'away') for (const socket of this.#sockets) socket.destroy();
  }

  async listen(): Promise<void> {
    await once(this.#server.listen(0, '127.0.0.1'), 'listening');
  }

  struck(): Promise<void> {
    return new Promise((resolve) => this.#strikes.push(resolve));
  }

  async deliver(): Promise<void> {
    const held = this.#held;
    if (held === null) throw new Error('no request is held');
    this.#held = null;
    held.upstream.write(held.bytes);
    held.upstream.end();
    await once(held.upstream.resume(), 'close');
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #join(client: Socket): void {
    if (this.#fault === 'away') return void client.destroy();
    const upstream = connect(this.#target, '127.0.0.1');
    for (const socket of [client, upstream]) {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => this.#sockets.delete(socket));
    }
    let loseAnswer = false;
    client.on('data', (bytes) => {
      const fault = this.#fault;
      if (fault === 'none') return void upstream.write(bytes);
      this.#fault = 'none';
      if (fault === 'lose answer') {
        loseAnswer = true;
        return void upstream.write(bytes);
      }
      if (fault === 'hold request') this.#held = { upstream, bytes };
      else upstream.destroy();
      client.destroy();
      this.#strike();
    });
    upstream.on('data', (bytes) => {
      if (!loseAnswer) return void client.write(bytes);
      client.destroy();
      upstream.destroy();
      this.#strike();
    });
    upstream.on('close', () => client.destroy());
    client.on('close', () => {
      if (this.#held?.upstream !== upstream) upstream.destroy();
    });
  }

  #strike(): void {
    for (const strike of this.#strikes.splice(0)) strike();
  }
}
