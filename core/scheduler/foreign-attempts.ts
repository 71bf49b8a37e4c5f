import type { AttemptEvent } from '../model/attempt.ts';
import type { Clock } from '../model/clock.ts';
import type { AttemptId } from '../model/ids.ts';
import { orphans } from '../planner/load.ts';
import type { PlannedRequest } from '../planner/requests.ts';

/** A timer of Node counts in whole milliseconds and may fire a moment early. */
const TIMER_MS = 5;

interface ForeignOptions {
  readonly clock: Clock;
  /** Takes the attempts up while they count as running. */
  readonly live: Set<string>;
  readonly tell: (event: AttemptEvent) => void;
}

/**
 * Attempts of the leader before where nobody here can see whether they live: it was cut off, on another
 * machine or in another container. They count as running until its keeper must have ended them; only then are
 * they lost, and their tasks tried again.
 */
export class ForeignAttempts {
  readonly #options: ForeignOptions;
  readonly #untilMono: number;
  /** When each was started, as far as the store knows. */
  readonly #startedAt = new Map<AttemptId, number>();
  #timer: NodeJS.Timeout | null = null;

  /** `heldOverMs` as a lease has it. */
  constructor(heldOverMs: number, options: ForeignOptions) {
    this.#options = options;
    this.#untilMono = options.clock.mono() + heldOverMs;
  }

  /** Has a run that is taken up keep its attempts for as long as they may live. */
  spare(request: PlannedRequest): PlannedRequest {
    const { clock, live } = this.#options;
    const leftMs = this.#untilMono - clock.mono();
    if (request.kind !== 'adopt' || request.live !== undefined || leftMs <= 0) return request;
    const { run } = request;
    const ids = orphans(run).map((node) => {
      const id = run.attemptOf(node);
      this.#startedAt.set(id, run.startedAt[node] || run.queuedAt[node] || clock.now());
      live.add(id);
      return id;
    });
    if (ids.length > 0) this.#timer ??= setTimeout(() => this.#over(), leftMs + TIMER_MS);
    return { ...request, live: new Set(ids) };
  }

  /** Forgets them: this process decides nothing any more. */
  close(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#startedAt.clear();
  }

  #over(): void {
    const { clock, live, tell } = this.#options;
    const outcome = { kind: 'lost', detail: 'its leader, out of sight from here, was cut off' } as const;
    for (const [attemptId, startedAt] of this.#startedAt) {
      if (live.has(attemptId))
        tell({ type: 'attempt.ended', attemptId, startedAt, at: clock.now(), outcome });
    }
    this.#startedAt.clear();
  }
}
