import type { ChildProcess } from 'node:child_process';
import type { GroupRegistry } from './group-registry.ts';
import { groupAlive, residentBytes, signal } from './processes.ts';

export interface GroupExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Why the keeper killed it, if it did. */
  readonly why: 'memory' | 'killed' | null;
  /** Whether it was asked to stop. */
  readonly stopped: boolean;
  /** Processes that left the group and could not be killed: they live on. */
  readonly left: readonly number[];
}

export interface GroupOptions {
  readonly name: string;
  readonly child: ChildProcess & { readonly pid: number };
  readonly registry: GroupRegistry;
  /** Kills what left the group; returns what cannot be killed now. */
  readonly killStrays: () => readonly number[];
  readonly memoryBytes: number | null;
  /** Called once, when nothing of the group lives any more, or what lives was told to die long enough. */
  readonly onGone: (exit: GroupExit) => void;
}

/**
 * How long processes that left their group are killed before they are told of instead: less than the patience
 * of the leader with its keeper, for they must not cost the attempts of others.
 */
const STRAYS_PATIENCE_MS = 1_000;

/** What the log of an attempt says of processes that outlive it. */
export function leftRemarks(left: readonly number[]): string[] {
  if (left.length === 0) return [];
  return [`processes of this attempt could not be killed and live on: ${left.join(', ')}`];
}

/** A process with everything it starts, in a process group of its own. It ends as a whole. */
export class ProcessGroup {
  readonly name: string;
  readonly pid: number;
  readonly memoryBytes: number | null;
  readonly #options: GroupOptions;
  #why: GroupExit['why'] = null;
  #stopped = false;
  #graceTimer: NodeJS.Timeout | null = null;
  #exit: { readonly code: number | null; readonly signal: NodeJS.Signals | null } | null = null;

  constructor(options: GroupOptions) {
    this.#options = options;
    this.name = options.name;
    this.pid = options.child.pid;
    this.memoryBytes = options.memoryBytes;
    options.registry.add(this.pid);
    options.child.on('exit', (code, by) => this.#exited(code, by));
  }

  /**
   * SIGTERM to all at once; SIGKILL to all after the grace, or when none is left but the first process's
   * children.
   */
  stop(graceMs: number): void {
    this.#stopped = true;
    if (graceMs <= 0) return this.kill('killed');
    // A stopped process would keep the signal for later.
    signal(-this.pid, 'SIGTERM');
    signal(-this.pid, 'SIGCONT');
    if (this.#graceTimer) clearTimeout(this.#graceTimer);
    this.#graceTimer = setTimeout(() => this.kill('killed'), graceMs);
  }

  /** Holds all of the group where it is, or lets it go on; one that is being ended goes on. */
  holdStill(still: boolean): void {
    if (still && (this.#stopped || this.#exit !== null)) return;
    signal(-this.pid, still ? 'SIGSTOP' : 'SIGCONT');
  }

  /** Ends the whole group now. */
  kill(why: 'memory' | 'killed'): void {
    if (this.#why === null && this.#exit === null) this.#why = why;
    if (this.#graceTimer) clearTimeout(this.#graceTimer);
    this.#graceTimer = null;
    signal(-this.pid, 'SIGKILL');
  }

  /** Memory of the processes with these ids, if it is above the cap; pages they share count once. */
  aboveCap(pids: readonly number[]): boolean {
    const cap = this.memoryBytes;
    if (cap === null || this.#exit !== null) return false;
    const sum = (proportional: boolean): number =>
      pids.reduce((all, pid) => all + residentBytes(pid, proportional), 0);
    return sum(false) > cap && (pids.length < 2 || sum(true) > cap);
  }

  #exited(code: number | null, by: NodeJS.Signals | null): void {
    this.#exit = { code, signal: by };
    this.#settle(1);
  }

  /**
   * Others of a group that was asked to stop keep their grace; of any other group nothing outlives its first
   * process.
   */
  #settle(waitMs: number): void {
    const inGrace = this.#graceTimer !== null;
    if (!inGrace) signal(-this.pid, 'SIGKILL');
    if (groupAlive(this.pid)) {
      setTimeout(() => this.#settle(Math.min(waitMs * 2, 20)), waitMs);
      return;
    }
    if (this.#graceTimer) clearTimeout(this.#graceTimer);
    this.#graceTimer = null;
    this.#endStrays(performance.now(), 20);
  }

  /** What left the group is killed until it is dead; what does not die is told of. */
  #endStrays(sinceMs: number, waitMs: number): void {
    const left = this.#options.killStrays();
    if (left.length > 0 && performance.now() - sinceMs < STRAYS_PATIENCE_MS) {
      setTimeout(() => this.#endStrays(sinceMs, Math.min(waitMs * 2, 500)), waitMs);
      return;
    }
    this.#options.registry.remove(this.pid);
    const { code, signal: by } = this.#exit ?? { code: null, signal: null };
    this.#options.onGone({ code, signal: by, why: this.#why, stopped: this.#stopped, left });
  }
}
