/** Calls something every second until what it gives is called. */
export type EverySecond = (tick: () => void) => () => void;

/** By a timer of this machine. */
export const bySystemTimer: EverySecond = (tick) => {
  const timer = setInterval(tick, 1_000);
  timer.unref();
  return () => clearInterval(timer);
};
