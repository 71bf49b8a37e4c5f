/** The answer of a request as `node:http` has it, as much of it as streams need. */
export interface Outgoing {
  readonly headersSent?: boolean;
  write(bytes: Uint8Array): boolean;
  once(event: 'drain' | 'close', listener: () => void): unknown;
  off(event: 'drain' | 'close', listener: () => void): unknown;
  removeHeader(name: string): void;
  destroy(): void;
}

/**
 * The connection of a request: the way past the web stream of its answer. Of many streams to which the same
 * bytes go, that stream and its chunks would take most of the time.
 */
export class Connection {
  readonly #outgoing: Outgoing | undefined;

  /** `outgoing`: absent for a request that came over no connection. */
  constructor(outgoing: Outgoing | undefined) {
    this.#outgoing = outgoing;
  }

  /** The body goes out without chunks and ends with the connection. Holds for an answer not given yet. */
  endsWithBody(): void {
    this.#outgoing?.removeHeader?.('transfer-encoding');
  }

  /** Whether the head of the answer is out, with what its stream has given: more may be written behind it. */
  get isOpen(): boolean {
    return this.#outgoing?.headersSent === true;
  }

  /**
   * Writes a part of the body. `null`: there is room for more; otherwise it resolves once there is, or the
   * client is gone.
   */
  write(bytes: Uint8Array): Promise<void> | null {
    const outgoing = this.#outgoing as Outgoing;
    if (outgoing.write(bytes)) return null;
    return new Promise((resolve) => {
      const done = (): void => {
        outgoing.off('drain', done);
        outgoing.off('close', done);
        resolve();
      };
      outgoing.once('drain', done);
      outgoing.once('close', done);
    });
  }

  /** Drops it, with what was not taken. */
  hangUp(): void {
    this.#outgoing?.destroy();
  }
}
