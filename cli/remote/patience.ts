import { AppError } from '../../core/model/errors.ts';

/** A server that is away for longer is not waited for. */
const AWAY_MS = 60_000;

/** Bears with a server that is away for a while. */
export class Patience {
  /** Since when the server has not answered; `null`: it did. */
  #awaySinceMs: number | null = null;

  /** What a look gives; `null` while the server is away, as far as that is borne with. */
  async look<T>(take: () => Promise<T>): Promise<T | null> {
    try {
      const found = await take();
      this.#awaySinceMs = null;
      return found;
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'unavailable') throw error;
      const nowMs = performance.now();
      this.#awaySinceMs ??= nowMs;
      if (nowMs - this.#awaySinceMs > AWAY_MS) throw error;
      return null;
    }
  }
}
