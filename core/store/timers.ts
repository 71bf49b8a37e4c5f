/** Timers as the store uses them; a test brings its own. They never keep a process alive. */
export interface Timers {
  /** Resolves after a time, or at once when the signal aborts. */
  delay(ms: number, signal: AbortSignal): Promise<void>;
}

/** The timers of this machine. */
export const systemTimers: Timers = {
  delay: (ms, signal) =>
    new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const end = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      timer.unref();
      signal.addEventListener('abort', end);
    }),
};

/** Waits for so long. The process stays alive meanwhile: what waits is to be done. A test brings its own. */
export type Pause = (ms: number) => Promise<void>;

/** By the timers of this machine. */
export const systemPause: Pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
