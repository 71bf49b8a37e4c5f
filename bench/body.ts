/** What every task body does, in every system. */
export function fibonacci(n: number): number {
  return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

/** Milliseconds of CLOCK_MONOTONIC: comparable between threads and processes of one machine. */
export function monotonicMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e3 + nanoseconds / 1e6;
}

/** When a task body began and ended, in milliseconds of the monotonic clock. */
export interface BodySpan {
  readonly startedAt: number;
  readonly endedAt: number;
}

/** Runs the body of a task and tells when. */
export function runBody(fib: number): BodySpan {
  const startedAt = monotonicMs();
  if (fib > 0) fibonacci(fib);
  return { startedAt, endedAt: monotonicMs() };
}
