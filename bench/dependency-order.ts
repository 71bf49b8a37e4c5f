import type { BenchTask } from './workloads.ts';

/** Which tasks become ready when one ends; counts what every task still waits for. */
export class Readiness {
  readonly #open = new Map<string, number>();
  readonly #next = new Map<string, BenchTask[]>();

  constructor(tasks: readonly BenchTask[]) {
    for (const task of tasks) {
      this.#open.set(task.id, task.needs.length);
      for (const need of task.needs) {
        const next = this.#next.get(need);
        if (next) next.push(task);
        else this.#next.set(need, [task]);
      }
    }
  }

  /** Tasks that wait for nothing any more now that `task` has ended. */
  after(task: BenchTask): BenchTask[] {
    return (this.#next.get(task.id) ?? []).filter((next) => {
      const open = (this.#open.get(next.id) ?? 0) - 1;
      this.#open.set(next.id, open);
      return open === 0;
    });
  }
}

/**
 * Calls `execute` for every task once all that it needs have resolved, with at most `concurrency` at once.
 */
export function inDependencyOrder(
  tasks: readonly BenchTask[],
  concurrency: number,
  execute: (task: BenchTask) => Promise<void>,
): Promise<void> {
  const readiness = new Readiness(tasks);
  const ready = tasks.filter((task) => task.needs.length === 0);
  let next = 0;
  let running = 0;
  let left = tasks.length;
  return new Promise((resolve, reject) => {
    const fill = (): void => {
      while (running < concurrency && next < ready.length) {
        const task = ready[next++] as BenchTask;
        running++;
        execute(task).then(() => {
          running--;
          for (const freed of readiness.after(task)) ready.push(freed);
          left--;
          if (left === 0) resolve();
          else fill();
        }, reject);
      }
    };
    fill();
  });
}

/** What one turn of a scheduler writes, by task id. */
export interface Turn {
  readonly ended: readonly string[];
  readonly queued: readonly string[];
  readonly started: readonly string[];
}

/**
 * Runs tasks in turns: a turn takes everything that ended since the last one, finds what is ready and what
 * may start, has all of it written by one `commit`, and only then starts it.
 */
export function inTurns(
  tasks: readonly BenchTask[],
  concurrency: number,
  commit: (turn: Turn) => void,
  start: (task: BenchTask, ended: () => void) => void,
): Promise<void> {
  const readiness = new Readiness(tasks);
  const ready: BenchTask[] = [];
  let becameReady = tasks.filter((task) => task.needs.length === 0);
  let ended: BenchTask[] = [];
  let [next, running, left] = [0, 0, tasks.length];
  let armed = false;
  return new Promise((resolve, reject) => {
    const arm = (): void => {
      if (armed) return;
      armed = true;
      setImmediate(() => {
        armed = false;
        try {
          turn();
        } catch (error) {
          reject(error);
        }
      });
    };
    const turn = (): void => {
      const finished = ended;
      ended = [];
      const queued = [...becameReady, ...finished.flatMap((task) => readiness.after(task))];
      becameReady = [];
      for (const task of queued) ready.push(task);
      running -= finished.length;
      left -= finished.length;
      const starting = ready.slice(next, next + Math.max(0, concurrency - running));
      next += starting.length;
      running += starting.length;
      const ids = (list: readonly BenchTask[]): string[] => list.map((task) => task.id);
      commit({ ended: ids(finished), queued: ids(queued), started: ids(starting) });
      if (left === 0) resolve();
      for (const task of starting) {
        start(task, () => {
          ended.push(task);
          arm();
        });
      }
    };
    arm();
  });
}
