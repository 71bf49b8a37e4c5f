import type { BodySpan } from './body.ts';
import type { BenchTask } from './workloads.ts';

/** Two clock readings of one instant by two threads may differ by this much. */
const CLOCK_SLACK_MS = 0.05;

/** What was seen of one run: when the body of every task began and ended. */
export class Witness {
  readonly #spans = new Map<string, BodySpan>();
  readonly #twice: string[] = [];

  saw(id: string, span: BodySpan): void {
    if (this.#spans.has(id)) this.#twice.push(id);
    this.#spans.set(id, span);
  }

  get count(): number {
    return this.#spans.size;
  }

  /** Throws unless every task ran exactly once and none began before the end of what it needs. */
  check(tasks: readonly BenchTask[]): void {
    if (this.#twice.length > 0)
      throw new Error(`${this.#twice.length} tasks ran twice, first ${this.#twice[0]}`);
    if (this.#spans.size !== tasks.length)
      throw new Error(`${this.#spans.size} of ${tasks.length} tasks ran`);
    for (const task of tasks) {
      const { startedAt } = this.#spanOf(task.id);
      for (const need of task.needs) {
        const { endedAt } = this.#spanOf(need);
        if (endedAt > startedAt + CLOCK_SLACK_MS)
          throw new Error(`${task.id} began before ${need} had ended`);
      }
    }
  }

  /** From the end of a body to the start of the next one, for every edge; milliseconds. */
  gapsMs(tasks: readonly BenchTask[]): number[] {
    return tasks.flatMap((task) =>
      task.needs.map((need) => this.#spanOf(task.id).startedAt - this.#spanOf(need).endedAt),
    );
  }

  #spanOf(id: string): BodySpan {
    const span = this.#spans.get(id);
    if (!span) throw new Error(`${id} did not run`);
    return span;
  }
}
