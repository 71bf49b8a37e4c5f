import { fork } from 'node:child_process';
import { once } from 'node:events';

/** What a server is asked for. */
export interface Load {
  readonly url: string;
  readonly paths: readonly string[];
  /** Requests a second. */
  readonly rate: number;
  readonly seconds: number;
}

/** How long the answers of a load took, in milliseconds, the fastest first; another process asks. */
export async function askAll(load: Load): Promise<number[]> {
  const child = fork(new URL('./load-main.ts', import.meta.url));
  child.send(load);
  const told = await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(() => Promise.reject(new Error('who asks the server has died'))),
  ]);
  return (told[0] as number[]).sort((a, b) => a - b);
}

/** The value below which a part of sorted values lies. */
export function percentile(sorted: readonly number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.ceil(part * sorted.length) - 1)] as number;
}
