/** Time as the system sees it; injected everywhere, so that a simulation can own it. */
export interface Clock {
  /** Wall time in epoch milliseconds: for slots, stored due times and what people read. */
  now(): number;
  /**
   * Monotonic milliseconds from an arbitrary origin: for timeouts, heartbeats and durations in one process.
   */
  mono(): number;
}

/** The real time of this machine. Only entry points hand it out. */
export const systemClock: Clock = {
  now: () => Date.now(),
  mono: () => performance.now(),
};
