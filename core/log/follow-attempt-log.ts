import { type FSWatcher, watch } from 'node:fs';
import type { LogRange } from '../model/attempt.ts';
import type { LogLine } from './log-line.ts';
import { attemptLines, batchFilter, type LogSource, type LogWindow } from './read-attempt-log.ts';
import { segmentPath } from './segment-writer.ts';

/** Some file systems tell nothing: look at least this often. */
const LOOK_EVERY_MS = 250;

export interface FollowOptions {
  /**
   * The range as it is known now; one with a length ends the following once it is read. `null`: no log is
   * left.
   */
  readonly range: () => LogRange | null;
  /** Whether the attempt has ended: then what is in its log by now is all. Its range may never be closed. */
  readonly isOver?: () => boolean;
  /** Which lines to tell. */
  readonly window?: Pick<LogWindow, 'streams' | 'matches'>;
  /** Ends the following at once. */
  readonly signal: AbortSignal;
}

/**
 * The lines of a running attempt as they come, from its beginning until it has ended or its range is closed.
 *
 * @throws AppError `invalid` for a search pattern that takes too long.
 */
export async function* followAttemptLog(
  source: Omit<LogSource, 'range'>,
  options: FollowOptions,
): AsyncGenerator<LogLine> {
  const { signal } = options;
  const keep = batchFilter(options.window ?? {});
  let nextByte = 0;
  const wake = new Wake();
  const onAbort = (): void => wake.now();
  signal.addEventListener('abort', onAbort);
  try {
    while (!signal.aborted) {
      const range = options.range();
      if (range === null) return;
      const isOver = options.isOver?.() ?? false;
      wake.watch(segmentPath(source.stateDir, source.runNo, range.segment));
      for await (const batch of attemptLines({ ...source, range }, nextByte)) {
        const kept = keep(batch);
        for (const [index, placed] of batch.entries()) {
          if (signal.aborted) return;
          if (kept[index]) yield placed.line;
          nextByte = placed.nextByte;
        }
      }
      if (isOver || range.length !== null) return;
      await wake.wait();
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    wake.close();
  }
}

/** Waits for a change of a file, or a short time. */
class Wake {
  #watcher: FSWatcher | null = null;
  #pending = false;
  #resolve: (() => void) | null = null;

  watch(path: string): void {
    if (this.#watcher) return;
    try {
      this.#watcher = watch(path, { persistent: false }, () => this.now());
      this.#watcher.on('error', () => undefined);
    } catch {
      this.#watcher = null;
    }
  }

  now(): void {
    this.#pending = true;
    this.#resolve?.();
  }

  async wait(): Promise<void> {
    if (!this.#pending) {
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        this.#resolve = resolve;
        timer = setTimeout(resolve, LOOK_EVERY_MS);
      });
      clearTimeout(timer);
    }
    this.#resolve = null;
    this.#pending = false;
  }

  close(): void {
    this.#watcher?.close();
  }
}
