import type { LoopTimes } from '../model/scheduler-report.ts';

/** Upper bounds in seconds. They never change: series of before and after would not add up. */
const BOUNDS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10] as const;

/** How long the turns of a loop took since it began. */
export class LoopMeter {
  readonly #counts = new Array<number>(BOUNDS.length + 1).fill(0);
  #seconds = 0;
  #longestMs = 0;

  add(ms: number): void {
    const seconds = Math.max(0, ms) / 1_000;
    const at = BOUNDS.findIndex((bound) => seconds <= bound);
    const place = at < 0 ? BOUNDS.length : at;
    this.#counts[place] = (this.#counts[place] as number) + 1;
    this.#seconds += seconds;
    this.#longestMs = Math.max(this.#longestMs, ms);
  }

  /** What it has counted; the longest turn is reckoned anew from now on. */
  take(): LoopTimes {
    const longestMs = this.#longestMs;
    this.#longestMs = 0;
    return { bounds: BOUNDS, counts: [...this.#counts], seconds: this.#seconds, longestMs };
  }
}
