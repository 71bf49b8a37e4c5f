import type { Clock } from '../model/clock.ts';
import type { ReportFrame } from './protocol.ts';

/**
 * The progress of an attempt, its checkpoint, and each of its metrics are told at most so often: the last
 * value is what counts.
 */
const EVERY_MS = 100;
const METRICS_MAX = 1_000;

type Paced = Extract<ReportFrame, { t: 'metric' | 'progress' | 'artifact' | 'checkpoint' }>;

/** Passes on what an attempt reports, at a pace that no loop of user code can drive up. */
export class PacedReports {
  readonly #clock: Clock;
  readonly #send: (frame: ReportFrame) => void;
  readonly #sentMono = new Map<string, number>();
  readonly #pending = new Map<string, Paced>();
  #timer: NodeJS.Timeout | null = null;

  constructor(clock: Clock, send: (frame: ReportFrame) => void) {
    this.#clock = clock;
    this.#send = send;
  }

  /** @throws RangeError when an attempt reports more metrics than can be of use. */
  report(frame: Paced): void {
    if (frame.t === 'artifact') {
      this.flush();
      this.#send(frame);
      return;
    }
    const name = frame.t === 'metric' ? `metric ${frame.name}` : frame.t;
    const sentMono = this.#sentMono.get(name);
    if (sentMono === undefined && this.#sentMono.size > METRICS_MAX) {
      throw new RangeError(`an attempt may report ${METRICS_MAX} metrics; write more into an artifact`);
    }
    const now = this.#clock.mono();
    if (sentMono === undefined || now - sentMono >= EVERY_MS) {
      this.#pending.delete(name);
      this.#sentMono.set(name, now);
      this.#send(frame);
      return;
    }
    this.#pending.set(name, frame);
    this.#timer ??= setTimeout(() => this.flush(), EVERY_MS);
  }

  /** Passes on what was held back. */
  flush(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    const now = this.#clock.mono();
    for (const [name, frame] of this.#pending) {
      this.#sentMono.set(name, now);
      this.#send(frame);
    }
    this.#pending.clear();
  }
}
