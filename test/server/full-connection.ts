import { EventEmitter } from 'node:events';
import type { Outgoing } from '../../server/live/connection.ts';

/** A connection whose head is out and which is full with each write, until it is told to drain. */
export class FullConnection extends EventEmitter implements Outgoing {
  readonly headersSent = true;
  text = '';
  isDestroyed = false;
  #written = Promise.withResolvers<void>();

  /** Resolves with the next write, or if there was one since it was drained. */
  get written(): Promise<void> {
    return this.#written.promise;
  }

  write(bytes: Uint8Array): boolean {
    this.text += Buffer.from(bytes).toString();
    this.#written.resolve();
    return false;
  }

  drain(): void {
    this.#written = Promise.withResolvers<void>();
    this.emit('drain');
  }

  removeHeader(): void {}

  destroy(): void {
    this.isDestroyed = true;
    this.emit('close');
  }
}
