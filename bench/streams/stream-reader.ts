import { get, type IncomingMessage } from 'node:http';

const EVENT = /^id: (\d+)\nevent: [\w.]+\ndata: \{"seq":\d+(?:,"at":"([^"]+)")?/m;

/** One client of the stream of events: it keeps the numbers of events and how late they were. */
export class StreamReader {
  readonly opened: Promise<number>;
  readonly closed: Promise<void>;
  readonly ids: number[] = [];
  readonly lateMs: number[] = [];
  #response: IncomingMessage | null = null;
  #text = '';
  #at = { text: '', ms: 0 };
  #heard: (() => void) | null = null;

  constructor(url: string, headers: Record<string, string>) {
    const hello = Promise.withResolvers<number>();
    const end = Promise.withResolvers<void>();
    this.opened = hello.promise;
    this.closed = end.promise;
    const request = get(`${url}/api/v1/events`, { agent: false, headers }, (response) => {
      this.#response = response;
      if (response.statusCode !== 200) hello.reject(new Error(`answered with ${response.statusCode}`));
      response.setEncoding('utf8');
      response.on('data', (text: string) => this.#take(text, hello.resolve));
      response.on('error', () => undefined);
      response.once('close', () => end.resolve());
    });
    request.once('error', (error) => {
      hello.reject(error);
      end.resolve();
    });
  }

  pause(): void {
    this.#response?.pause();
  }

  resume(): void {
    this.#response?.resume();
  }

  /** Resolves once it has come to a line of the journal. */
  async until(seq: number): Promise<void> {
    while ((this.ids.at(-1) ?? 0) < seq)
      await new Promise<void>((resolve) => {
        this.#heard = resolve;
      });
  }

  #take(text: string, hello: (seq: number) => void): void {
    const now = Date.now();
    const blocks = (this.#text + text).split('\n\n');
    this.#text = blocks.pop() as string;
    for (const block of blocks) {
      const [, id, at] = EVENT.exec(block) ?? [];
      if (id === undefined) continue;
      if (at === undefined) {
        hello(Number(id));
        continue;
      }
      this.ids.push(Number(id));
      if (at !== this.#at.text) this.#at = { text: at, ms: Date.parse(at) };
      this.lateMs.push(now - this.#at.ms);
    }
    this.#heard?.();
  }
}
