const GENERATION = 50_000;

/** Remembers the last attempts that ended, so that a late second order for one of them is recognised. */
export class EndedAttempts {
  #young = new Set<string>();
  #old = new Set<string>();

  add(id: string): void {
    this.#young.add(id);
    if (this.#young.size < GENERATION) return;
    this.#old = this.#young;
    this.#young = new Set();
  }

  has(id: string): boolean {
    return this.#young.has(id) || this.#old.has(id);
  }
}
