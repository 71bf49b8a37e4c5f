import type { ProcessGroup } from './process-group.ts';
import { processFacts, processIds } from './processes.ts';

const EVERY_MS = 250;
/** Looking takes at most this share of the time. */
const SHARE = 0.05;

/** Looks at the memory of groups while they work and kills those above their cap. Needs /proc. */
export class MemoryWatch {
  readonly #groups: () => Iterable<ProcessGroup>;
  #timer: NodeJS.Timeout | null = null;

  constructor(groups: () => Iterable<ProcessGroup>) {
    this.#groups = groups;
  }

  set(on: boolean): void {
    if (!on && this.#timer) {
      clearTimeout(this.#timer);
      this.#timer = null;
    }
    if (on && !this.#timer) this.#lookAfter(EVERY_MS);
  }

  #lookAfter(delayMs: number): void {
    this.#timer = setTimeout(() => {
      const startedMs = performance.now();
      this.#look();
      this.#lookAfter(Math.max(EVERY_MS, (performance.now() - startedMs) / SHARE));
    }, delayMs);
  }

  #look(): void {
    const members = new Map<number, number[]>();
    for (const group of this.#groups()) if (group.memoryBytes !== null) members.set(group.pid, []);
    if (members.size === 0) return;
    for (const pid of processIds()) {
      const facts = processFacts(pid);
      if (facts) members.get(facts.group)?.push(pid);
    }
    for (const group of this.#groups()) {
      if (group.aboveCap(members.get(group.pid) ?? [])) group.kill('memory');
    }
  }
}
