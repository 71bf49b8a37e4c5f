import { AppError } from '../core/model/errors.ts';

/** A request waits no longer for the files. */
const WAIT_MS = 5_000;

/**
 * The first look at the DAG files by a scheduler of the same process. Before its end a DAG that the store
 * does not know may be one whose file is not read yet.
 */
export class FirstLook {
  readonly #ended = Promise.withResolvers<void>();
  #isOver = false;

  /** Whether what the store does not know is not there. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** The files were looked at, or another process does. */
  end(): void {
    this.#isOver = true;
    this.#ended.resolve();
  }

  /**
   * Resolves once the look is over.
   * @throws AppError `unavailable` if it takes longer than a request waits
   */
  async passed(waitMs = WAIT_MS): Promise<void> {
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, waitMs);
    await Promise.race([this.#ended.promise, late.promise]);
    clearTimeout(timer);
    if (!this.#isOver) throw new AppError('unavailable', 'the DAG files are still being read: ask again');
  }
}
