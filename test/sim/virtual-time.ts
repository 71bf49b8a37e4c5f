import { syncBuiltinESMExports } from 'node:module';
import timersPromises from 'node:timers/promises';
import type { Clock } from '../../core/model/clock.ts';

interface Timer {
  readonly atMono: number;
  readonly seq: number;
  readonly fire: () => void;
}

const realImmediate = globalThis.setImmediate;

/**
 * Time that passes only when it is told to. Installed, it takes the place of the timers of this process,
 * those of `node:timers/promises` included: code that sleeps needs no seam. It wants a process of its own.
 */
export class VirtualTime implements Clock {
  #mono = 1_000;
  #wallOffsetMs: number;
  #seq = 0;
  #immediates = 0;
  readonly #timers = new Map<number, Timer>();

  constructor(startAt: number) {
    this.#wallOffsetMs = startAt - this.#mono;
  }

  now(): number {
    return Math.floor(this.#mono + this.#wallOffsetMs);
  }

  mono(): number {
    return this.#mono;
  }

  /** Moves the wall clock, and nothing else. */
  jump(byMs: number): void {
    this.#wallOffsetMs += byMs;
  }

  /** Takes over the timers of this process for good. */
  install(): void {
    const start = (call: (...args: unknown[]) => void, delayMs = 0, ...args: unknown[]): number =>
      this.after(delayMs, () => call(...args));
    const stop = (timer: unknown): void => void this.#timers.delete(Number(timer));
    const immediate = (call: (...args: unknown[]) => void, ...args: unknown[]): unknown => {
      this.#immediates++;
      return realImmediate(() => {
        this.#immediates--;
        call(...args);
      });
    };
    Object.assign(globalThis, { setTimeout: start, clearTimeout: stop, setImmediate: immediate });
    const sleep = (delayMs: number): Promise<void> =>
      new Promise((resolve) => this.after(delayMs, () => resolve()));
    Object.assign(timersPromises, { setTimeout: sleep });
    syncBuiltinESMExports();
  }

  /** Calls back after a time. */
  after(delayMs: number, fire: () => void): number {
    const seq = ++this.#seq;
    this.#timers.set(seq, { atMono: this.#mono + Math.max(0, delayMs || 0), seq, fire });
    return seq;
  }

  /** Lets time pass up to an instant, one timer after the other, each with all that follows from it. */
  async advanceTo(mono: number): Promise<void> {
    await this.settle();
    for (let next = this.#next(); next !== null && next.atMono <= mono; next = this.#next()) {
      this.#timers.delete(next.seq);
      this.#mono = Math.max(this.#mono, next.atMono);
      next.fire();
      await this.settle();
    }
    this.#mono = Math.max(this.#mono, mono);
  }

  /** Lets everything happen that waits for no timer. */
  async settle(): Promise<void> {
    do await new Promise<void>((resolve) => realImmediate(() => resolve()));
    while (this.#immediates > 0);
  }

  /** Forgets every timer: the world that they belong to is over. */
  clear(): void {
    this.#timers.clear();
  }

  #next(): Timer | null {
    let first: Timer | null = null;
    for (const timer of this.#timers.values())
      if (first === null || timer.atMono < first.atMono) first = timer;
    return first;
  }
}
