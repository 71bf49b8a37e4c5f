import type { Lease } from '../store/store.ts';

/** The regular sign of a loop that it gets on; given by its turns, so that one that hangs gives none. */
export class Beat {
  readonly #lease: Pick<Lease, 'beat'>;
  readonly #everyMs: number;
  /** In monotonic time: until then the loop must turn, whether something happens or not. */
  dueAtMono: number;

  /** `everyMs` absent: never. */
  constructor(lease: Pick<Lease, 'beat'>, everyMs: number | undefined, mono: number) {
    this.#lease = lease;
    this.#everyMs = everyMs ?? Number.POSITIVE_INFINITY;
    this.dueAtMono = mono + this.#everyMs;
  }

  /** The loop has turned, and what it decided is stored. */
  turned(mono: number): void {
    if (mono < this.dueAtMono) return;
    this.dueAtMono = mono + this.#everyMs;
    this.#lease.beat();
  }
}
