import type { AttemptDefinition } from '../model/attempt.ts';

/** How much the last attempt counts: one that takes longer than usual counts more. */
const WEIGHT = { longer: 0.5, shorter: 0.125 };

/** How long the attempts of each task take, on average of the last ones. */
export class Pace {
  readonly #meanMs = new WeakMap<AttemptDefinition, number>();

  saw(definition: AttemptDefinition, ms: number): void {
    const mean = this.#meanMs.get(definition) ?? ms;
    const weight = ms > mean ? WEIGHT.longer : WEIGHT.shorter;
    this.#meanMs.set(definition, mean + (ms - mean) * weight);
  }

  /** Milliseconds; infinite for a task that has not run here. */
  of(definition: AttemptDefinition): number {
    return this.#meanMs.get(definition) ?? Number.POSITIVE_INFINITY;
  }
}
