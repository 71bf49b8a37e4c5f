/** A task of a workload: what it waits for, and the work of its body. */
export interface BenchTask {
  readonly id: string;
  readonly needs: readonly string[];
  /** The body computes the Fibonacci number of this index recursively; 0: it does nothing. */
  readonly fib: number;
}

export const WORKLOAD_NAMES = ['W1', 'W2', 'W3a', 'W3b', 'W3c', 'W4', 'W5', 'W6'] as const;
export type WorkloadName = (typeof WORKLOAD_NAMES)[number];

/** What connects the tasks; systems that cannot take any graph build theirs from the shape. */
export type Shape = 'chain' | 'fan' | 'independent' | 'pipelines';

export interface Workload {
  readonly name: WorkloadName;
  readonly title: string;
  readonly shape: Shape;
  /** Length of the chain, width of the fan, number of independent tasks or of pipelines. */
  readonly size: number;
  readonly fib: number;
  /** Measured runs and the runs before them that are thrown away. */
  readonly runs: number;
  readonly warmUps: number;
}

/** Task bodies at once, in every system. */
export const CONCURRENCY = 8;
export const STAGES = ['collect', 'clean', 'store', 'kline', 'backtest', 'visualize'] as const;

const many = { runs: 9, warmUps: 3 };
const some = { runs: 15, warmUps: 2 };

export const WORKLOADS: Readonly<Record<WorkloadName, Workload>> = {
  W1: { name: 'W1', title: 'chain of 100 no-ops', shape: 'chain', size: 100, fib: 0, ...many },
  W2: { name: 'W2', title: 'no-ops 1 -> 1,000 -> 1', shape: 'fan', size: 1000, fib: 0, ...many },
  W3a: { name: 'W3a', title: '40 x fib(10) in sequence', shape: 'chain', size: 40, fib: 10, ...many },
  W3b: { name: 'W3b', title: '10 x fib(33) in sequence', shape: 'chain', size: 10, fib: 33, ...some },
  W3c: { name: 'W3c', title: '10 x fib(33), independent', shape: 'independent', size: 10, fib: 33, ...some },
  W4: { name: 'W4', title: '50 symbols x 6 stages, no-ops', shape: 'pipelines', size: 50, fib: 0, ...many },
  W5: {
    name: 'W5',
    title: 'no-ops 1 -> 10,000 -> 1',
    shape: 'fan',
    size: 10_000,
    fib: 0,
    runs: 3,
    warmUps: 1,
  },
  W6: {
    name: 'W6',
    title: 'no-ops 1 -> 100,000 -> 1',
    shape: 'fan',
    size: 100_000,
    fib: 0,
    runs: 2,
    warmUps: 0,
  },
};

/** The tasks of a workload in an order in which each stands after what it needs. */
export function tasksOf({ shape, size, fib }: Workload): BenchTask[] {
  const numbers = Array.from({ length: size }, (_, index) => index);
  if (shape === 'chain') return numbers.map((n) => ({ id: `t${n}`, needs: n > 0 ? [`t${n - 1}`] : [], fib }));
  if (shape === 'independent') return numbers.map((n) => ({ id: `t${n}`, needs: [], fib }));
  if (shape === 'pipelines') {
    return numbers.flatMap((n) =>
      STAGES.map((stage, index) => ({
        id: `s${n}.${stage}`,
        needs: index > 0 ? [`s${n}.${STAGES[index - 1]}`] : [],
        fib,
      })),
    );
  }
  const middle = numbers.map((n) => ({ id: `m${n}`, needs: ['src'], fib }));
  return [
    { id: 'src', needs: [], fib },
    ...middle,
    { id: 'sink', needs: middle.map((task) => task.id), fib },
  ];
}
