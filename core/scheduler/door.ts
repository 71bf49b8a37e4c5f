import { rmSync } from 'node:fs';
import { createConnection, createServer, type Server, type Socket } from 'node:net';

/** Followers hear of commits at most this often. */
const TELL_EVERY_MS = 15;

/**
 * The leader's side of its socket. A byte from a client means "look into the inbox", a byte to a client
 * "something was written"; a closed connection means that the leader is gone. Nothing else travels here:
 * facts are read from the store, so nothing is lost with a connection.
 */
export class LeaderDoor {
  readonly #server: Server;
  readonly #clients = new Set<Socket>();
  #timer: NodeJS.Timeout | null = null;

  private constructor(onKnock: () => void) {
    this.#server = createServer((socket) => {
      this.#clients.add(socket);
      socket.on('data', onKnock);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => this.#clients.delete(socket));
    });
  }

  /** Opens the door. Only the leader may call this: it removes what an earlier leader left at the path. */
  static async open(path: string, onKnock: () => void): Promise<LeaderDoor> {
    const door = new LeaderDoor(onKnock);
    rmSync(path, { force: true });
    await new Promise<void>((resolve, reject) => {
      door.#server.once('error', reject);
      door.#server.listen({ path, readableAll: false, writableAll: false }, resolve);
    });
    door.#server.unref();
    return door;
  }

  /** Tells the followers, soon, that something was written. */
  tell(): void {
    if (this.#clients.size === 0 || this.#timer) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      for (const client of this.#clients) if (client.writableLength === 0) client.write('.');
    }, TELL_EVERY_MS);
    this.#timer.unref();
  }

  /** Closes every connection: the followers take over or go on with the next leader. */
  async close(): Promise<void> {
    if (this.#timer) clearTimeout(this.#timer);
    for (const client of this.#clients) client.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

/** A follower's side of the leader's socket. */
export interface Knocker {
  knock(): void;
  close(): void;
}

/** Connects to the leader; `null` if nobody listens. A connection that is closed from here is not `gone`. */
export function connectToLeader(path: string, on: { told(): void; gone(): void }): Promise<Knocker | null> {
  return new Promise((resolve) => {
    const socket = createConnection({ path });
    let connected = false;
    const close = (): void => {
      socket.removeListener('close', onClose);
      socket.destroy();
    };
    const onClose = (): void => {
      if (connected) on.gone();
      else resolve(null);
    };
    socket.on('connect', () => {
      connected = true;
      resolve({ knock: () => void socket.write('.'), close });
    });
    socket.on('data', on.told);
    socket.on('error', () => socket.destroy());
    socket.on('close', onClose);
  });
}

/** Whether a leader answers at this socket. */
export async function hasLeader(path: string): Promise<boolean> {
  const client = await connectToLeader(path, { told: () => {}, gone: () => {} });
  client?.close();
  return client !== null;
}
