import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import type { Clock } from '../model/clock.ts';

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

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** For how many of the wished microseconds to spin: all or none. */
  allowed(spinUs: number): number {
    if (spinUs <= 0) return 0;
    const now = this.#clock.mono();
    if (now - this.#lookedMono >= LOOK_EVERY_MS) this.#look(now);
    return this.#spinning ? spinUs : 0;
  }

  #look(now: number): void {
    this.#lookedMono = now;
    const others = Math.max(0, runnable() - OWN_CORES);
    this.#others += (others - this.#others) * WEIGHT;
    this.#spinning = this.#others <= this.#free;
  }
}

/** Threads of this machine that run or want to, this one included. */
function runnable(): number {
  try {
    const [running] = readFileSync('/proc/loadavg', 'latin1').split(' ')[3]?.split('/') ?? [];
    return Number(running ?? 1);
  } catch {
    return 1;
  }
}
