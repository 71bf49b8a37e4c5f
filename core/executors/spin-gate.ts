import { availableParallelism } from 'node:os';
import type { Clock } from '../model/clock.ts';
import { runnableThreads } from './runnable-threads.ts';

const LOOK_EVERY_MS = 20;
/** How much a look counts against those before it. */
const WEIGHT = 0.25;
/** Of the processes that want a core, the spinning leader and the runner that it waits for. */
const OWN_CORES = 2;

/**
 * Allows spinning only while nobody else wants the cores that it takes. Needs /proc; elsewhere it allows all.
 */
export class SpinGate {
  readonly #clock: Clock;
  readonly #free = availableParallelism() - OWN_CORES + 0.25;
  #lookedMono = Number.NEGATIVE_INFINITY;
  /** Others that want a core, on average. */
  #others = 0;
  #spinning = false;
  #isToLook = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * For how many of the wished microseconds to spin: all or none. Looking takes as long as handing an order
   * over, so it is done after this turn, for the next ones.
   */
  allowed(spinUs: number): number {
    if (spinUs <= 0) return 0;
    if (!this.#isToLook && this.#clock.mono() - this.#lookedMono >= LOOK_EVERY_MS) {
      this.#isToLook = true;
      setImmediate(this.#look);
    }
    return this.#spinning ? spinUs : 0;
  }

  readonly #look = (): void => {
    this.#isToLook = false;
    this.#lookedMono = this.#clock.mono();
    const others = Math.max(0, runnableThreads() - OWN_CORES);
    this.#others += (others - this.#others) * WEIGHT;
    this.#spinning = this.#others <= this.#free;
  };
}
