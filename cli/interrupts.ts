/** Signals closer together than this are one: a launcher passes on what the terminal sent to both. */
const SAME_SIGNAL_MS = 150;
const PARENT_CHECK_MS = 100;

export type Interrupt = 'SIGINT' | 'SIGTERM';

export interface Interrupts {
  /** Stops listening: signals have their ordinary effect again. */
  release(): void;
}

/**
 * Calls `onInterrupt` for Ctrl-C and for requests to end; `count` tells how often of that kind so far. SIGHUP
 * and the loss of the starting parent count as SIGTERM, unless the process was meant to outlive it.
 */
export function listenForInterrupts(
  process: NodeJS.Process,
  onInterrupt: (kind: Interrupt, count: number) => void,
): Interrupts {
  const counts = { SIGINT: 0, SIGTERM: 0 };
  const lastAt = { SIGINT: Number.NEGATIVE_INFINITY, SIGTERM: Number.NEGATIVE_INFINITY };
  const isLaunched = process.env.ORCH_LAUNCHED === '1';
  const raise = (kind: Interrupt): void => {
    const now = performance.now();
    if (isLaunched && now - lastAt[kind] < SAME_SIGNAL_MS) return;
    lastAt[kind] = now;
    counts[kind] += 1;
    onInterrupt(kind, counts[kind]);
  };
  const onInt = (): void => raise('SIGINT');
  const onTerm = (): void => raise('SIGTERM');
  process.on('SIGINT', onInt);
  process.on('SIGTERM', onTerm);
  process.on('SIGHUP', onTerm);
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    raise('SIGTERM');
  }, PARENT_CHECK_MS).unref();
  if (process.env.ORCH_DETACHED === '1') clearInterval(timer);
  return {
    release: () => {
      clearInterval(timer);
      process.off('SIGINT', onInt);
      process.off('SIGTERM', onTerm);
      process.off('SIGHUP', onTerm);
    },
  };
}
