import { Worker } from 'node:worker_threads';
import type { BodySpan } from '../body.ts';
import type { BenchTask } from '../workloads.ts';

const THREADS = 2;

interface Thread {
  readonly worker: Worker;
  busy: number;
}

/** Runs task bodies in two warm worker threads: one message to the thread with least to do, one back. */
export class TaskThreads {
  readonly #threads: Thread[];
  readonly #waiting = new Map<string, (span: BodySpan) => void>();

  constructor() {
    this.#threads = Array.from({ length: THREADS }, () => {
      const thread = { worker: new Worker(new URL('./task-thread.ts', import.meta.url)), busy: 0 };
      thread.worker.on('message', ({ id, span }: { id: string; span: BodySpan }) => {
        thread.busy--;
        const ended = this.#waiting.get(id);
        this.#waiting.delete(id);
        ended?.(span);
      });
      return thread;
    });
  }

  run(task: BenchTask, ended: (span: BodySpan) => void): void {
    const thread = this.#threads.reduce((least, one) => (one.busy < least.busy ? one : least));
    thread.busy++;
    this.#waiting.set(task.id, ended);
    thread.worker.postMessage({ id: task.id, fib: task.fib });
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.worker.terminate()));
  }
}
