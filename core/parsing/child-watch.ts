import { readFileSync } from 'node:fs';

/** What an evaluation may use. */
export interface ChildLimits {
  /** Time on a processor, all threads together. */
  readonly cpuMs: number;
  /** Time in which it neither works nor waits for a processor. */
  readonly waitMs: number;
  readonly memoryBytes: number;
}

/** What an evaluation has used too much of. */
export type Excess = 'cpu' | 'wait' | 'memory';

/** What the system tells of a process. */
export interface ChildUsage {
  readonly cpuMs: number;
  readonly memoryBytes: number;
  /** It works, or would if it had a processor. */
  readonly isRunnable: boolean;
}

/** Often enough that memory which is taken at full speed is noticed within some hundred megabytes. */
const EVERY_MS = 50;
const TICK_MS = 10;

/**
 * Looks at a process while it works and tells once when it has used too much. Time on the clock says nothing
 * about a file on a busy machine, so that only time which the process itself works or sleeps away counts.
 * Needs /proc; elsewhere both times together are a deadline on the clock.
 */
export class ChildWatch {
  readonly #limits: ChildLimits;
  readonly #usage: () => ChildUsage | null;
  readonly #tell: (excess: Excess) => void;
  #timer: NodeJS.Timeout | undefined;
  #cpuMs = 0;
  #waitedMs = 0;
  #lookedMs = 0;

  constructor(limits: ChildLimits, usage: () => ChildUsage | null, tell: (excess: Excess) => void) {
    this.#limits = limits;
    this.#usage = usage;
    this.#tell = tell;
  }

  start(): void {
    const { cpuMs, waitMs } = this.#limits;
    if (this.#usage() === null) this.#timer = setTimeout(() => this.#tell('cpu'), cpuMs + waitMs);
    else {
      this.#lookedMs = performance.now();
      this.#timer = setInterval(() => this.look(performance.now()), EVERY_MS);
    }
  }

  stop(): void {
    clearTimeout(this.#timer);
    clearInterval(this.#timer);
  }

  /** Looks once, at an instant of a monotonic clock. */
  look(nowMs: number): void {
    const usage = this.#usage();
    if (usage === null) return;
    // This process may have had no processor itself; what it did not see is not held against the other one.
    const seenMs = Math.min(nowMs - this.#lookedMs, 2 * EVERY_MS);
    if (!usage.isRunnable && usage.cpuMs === this.#cpuMs) this.#waitedMs += seenMs;
    this.#lookedMs = nowMs;
    this.#cpuMs = usage.cpuMs;
    const excess = this.#excess(usage);
    if (excess === null) return;
    this.stop();
    this.#tell(excess);
  }

  #excess({ cpuMs, memoryBytes }: ChildUsage): Excess | null {
    if (memoryBytes > this.#limits.memoryBytes) return 'memory';
    if (cpuMs > this.#limits.cpuMs) return 'cpu';
    return this.#waitedMs > this.#limits.waitMs ? 'wait' : null;
  }
}

/** What a process uses; `null` if it is gone or there is no /proc. */
export function usageOf(pid: number): ChildUsage | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    // The name stands in parentheses and may hold anything.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = fields.slice(11, 15).reduce((sum, one) => sum + Number(one), 0);
    const kilobytes = Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0);
    return { cpuMs: ticks * TICK_MS, memoryBytes: kilobytes * 1_024, isRunnable: fields[0] === 'R' };
  } catch {
    return null;
  }
}
