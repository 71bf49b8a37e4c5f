import { appendFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The body of every task that orch runs in the benchmark. It is copied into the benchmark's project, so it
 * stands alone. Each runner keeps what it saw in memory and appends it to a file of its own a few
 * milliseconds later: that costs a task about a microsecond.
 */
interface Context {
  readonly taskId: string;
  readonly key: string | null;
  readonly projectDir: string;
  readonly with: { readonly [name: string]: unknown };
}

const FLUSH_AFTER_MS = 5;
const FLUSH_CHARACTERS = 65_536;

let lines = '';
let timer: NodeJS.Timeout | null = null;

function flush(projectDir: string): void {
  if (timer) clearTimeout(timer);
  timer = null;
  appendFileSync(join(projectDir, 'witness', String(process.pid)), lines);
  lines = '';
}

function fibonacci(n: number): number {
  return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

function monotonicMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e3 + nanoseconds / 1e6;
}

/** Computes what `with.fib` says and leaves a line: task, key, start and end of the monotonic clock in ms. */
export function body(_inputs: unknown, ctx: Context): void {
  const startedAt = monotonicMs();
  const fib = Number(ctx.with['fib']);
  if (fib > 0) fibonacci(fib);
  lines += `${ctx.taskId}\t${ctx.key ?? ''}\t${startedAt}\t${monotonicMs()}\n`;
  if (lines.length >= FLUSH_CHARACTERS) flush(ctx.projectDir);
  else timer ??= setTimeout(flush, FLUSH_AFTER_MS, ctx.projectDir);
}

/** The same, and puts out the keys of a fan: `m0`, `m1`... up to `with.keys` of them. */
export function source(inputs: unknown, ctx: Context): string[] {
  body(inputs, ctx);
  return Array.from({ length: Number(ctx.with['keys']) }, (_, n) => `m${n}`);
}
