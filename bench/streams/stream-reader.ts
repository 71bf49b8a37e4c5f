import { connect, type Socket } from 'node:net';

/** The head of the answer, and the first event. */
const HELLO = /^HTTP[\s\S]*?\nid: (\d+)\nevent: hello\n.*\n\n/;
const EVENT = /^id: (\d+)\nevent: [\w.]+\ndata: \{"seq":\d+(?:,"at":"([^"]+)")?/m;

/** What came at one instant. */
interface Piece {
  readonly at: number;
  readonly bytes: Buffer;
}

/**
 * One client of the stream of events: it keeps the numbers of events and how late they were. It reads what
 * comes only once it is asked, so that hundreds of them leave the machine to the server meanwhile.
 */
export class StreamReader {
  readonly opened: Promise<number>;
  readonly closed: Promise<void>;
  readonly ids: number[] = [];
  readonly lateMs: number[] = [];
  readonly #socket: Socket;
  #pieces: Piece[] = [];
  /** What has come of a block that is not whole, before the first event of all. */
  #text = '';
  #heard: (() => void) | null = null;

  constructor(url: string, headers: Record<string, string>) {
    const { hostname, host, port } = new URL(url);
    const lines = Object.entries({ host, ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
    const hello = Promise.withResolvers<number>();
    this.opened = hello.promise;
    this.#socket = connect(Number(port), hostname);
    this.#socket.write(`GET /api/v1/events HTTP/1.1\r\n${lines.join('')}\r\n`);
    const greet = (bytes: Buffer): void => {
      this.#text += bytes.toString('latin1');
      const [before, seq] = HELLO.exec(this.#text) ?? [];
      if (before === undefined) return;
      this.#socket.off('data', greet).on('data', (more) => this.#take(more));
      this.#take(Buffer.from(this.#text.slice(before.length)));
      this.#text = '';
      hello.resolve(Number(seq));
    };
    this.#socket.on('data', greet);
    this.#socket.on('error', hello.reject);
    this.closed = new Promise((closed) => {
      this.#socket.once('close', () => {
        hello.reject(new Error(`answered with: ${this.#text}`));
        this.read();
        closed();
      });
    });
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Resolves once it has come to a line of the journal. */
  async until(seq: number): Promise<void> {
    for (this.read(); (this.ids.at(-1) ?? 0) < seq; this.read())
      await new Promise<void>((resolve) => {
        this.#heard = resolve;
      });
  }

  /** Reads the events of what has come. */
  read(): void {
    for (const { at, bytes } of this.#pieces) {
      const blocks = (this.#text + bytes.toString('latin1')).split('\n\n');
      this.#text = blocks.pop() as string;
      for (const block of blocks) {
        const [, id, text] = EVENT.exec(block) ?? [];
        if (id === undefined || text === undefined) continue;
        this.ids.push(Number(id));
        this.lateMs.push(at - Date.parse(text));
      }
    }
    this.#pieces = [];
  }

  #take(bytes: Buffer): void {
    this.#pieces.push({ at: Date.now(), bytes });
    this.#heard?.();
  }
}
