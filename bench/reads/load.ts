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

/** How long the answer to one request took, in milliseconds from when it was due, and to which of `paths`. */
export interface Took {
  readonly path: number;
  readonly ms: number;
}

/** How long the answers of a load took, the fastest first; another process asks. */
export async function askAll(load: Load): Promise<Took[]> {
  const child = fork(new URL('./load-main.ts', import.meta.url));
  child.send(load);
  const told = await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(() => Promise.reject(new Error('who asks the server has died'))),
  ]);
  if (child.exitCode === null) await once(child, 'exit');
  return (told[0] as Took[]).sort((a, b) => a.ms - b.ms);
}

/** The value below which a part of sorted values lies. */
export function percentile(sorted: readonly number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.ceil(part * sorted.length) - 1)] as number;
}
