import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

/** Clients at once: of events, of which the slow ones take nothing, and of figures by WebSocket. */
export interface SwarmSize {
  readonly readers: number;
  readonly slow: number;
  /** Half of them take nothing. */
  readonly sockets: number;
}

export type SwarmQuestion =
  | { readonly type: 'open'; readonly url: string; readonly secret: string; readonly size: SwarmSize }
  | { readonly type: 'heard'; readonly truth: readonly number[] }
  | { readonly type: 'ended' };

/** What readers have heard. */
export interface Heard {
  readonly type: 'heard';
  /** Readers that have heard anything else than what there was, from where they began. */
  readonly different: number;
  /** From the instant that an event bears until a reader had it, for each reader and event. */
  readonly lateMs: readonly number[];
  /** Of each WebSocket that reads. */
  readonly figures: readonly number[];
}

export type SwarmAnswer =
  | { readonly type: 'open'; readonly fromSeq: number }
  | Heard
  | { readonly type: 'ended'; readonly tookMs: number; readonly slow: readonly (readonly number[])[] };

type Answer<Type extends SwarmAnswer['type']> = Extract<SwarmAnswer, { type: Type }>;

/** Many clients of the streams of a server, in a process of their own. */
export class Swarm implements Disposable {
  readonly #child: ChildProcess = fork(new URL('./swarm-main.ts', import.meta.url), {
    serialization: 'advanced',
  });

  /** Opens all of them; resolves once each has heard from the server. */
  open(url: string, secret: string, size: SwarmSize): Promise<Answer<'open'>> {
    return this.#ask({ type: 'open', url, secret, size });
  }

  /** What readers have heard, once all have come to the last of the events that there were. */
  heard(truth: readonly number[]): Promise<Heard> {
    return this.#ask({ type: 'heard', truth });
  }

  /** Once all streams have been ended by the server: how long that took, and what the slow ones got. */
  ended(): Promise<Answer<'ended'>> {
    return this.#ask({ type: 'ended' });
  }

  [Symbol.dispose](): void {
    this.#child.kill('SIGKILL');
  }

  async #ask<Type extends SwarmAnswer['type']>(
    question: Extract<SwarmQuestion, { type: Type }>,
  ): Promise<Answer<Type>> {
    this.#child.send(question);
    const [answer] = await Promise.race([
      once(this.#child, 'message'),
      once(this.#child, 'exit').then(() => Promise.reject(new Error('the clients of streams have died'))),
    ]);
    return answer as Answer<Type>;
  }
}
