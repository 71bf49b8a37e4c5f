import type { FlowJob, Job } from 'bullmq';
import { FlowProducer, Queue, Worker } from 'bullmq';
import type { BodySpan } from '../body.ts';
import { runBody } from '../body.ts';
import type { BenchSystem, Services } from '../system.ts';
import type { Witness } from '../witness.ts';
import type { BenchTask, Workload } from '../workloads.ts';
import { CONCURRENCY, STAGES } from '../workloads.ts';

type Data = { readonly id: string; readonly fib: number };

interface Current {
  left: number;
  readonly witness: Witness;
  readonly fanOut: () => Promise<unknown>;
  readonly ended: () => void;
  readonly failed: (error: unknown) => void;
}

function flowJob(queueName: string, task: BenchTask, children: FlowJob[] = []): FlowJob {
  const data: Data = { id: task.id, fib: task.fib };
  return { name: 'task', queueName, data, ...(children.length > 0 ? { children } : {}) };
}

/** A parent waits for its children in BullMQ, so a chain is a nest whose innermost job is its first task. */
function nest(queueName: string, tasks: readonly BenchTask[]): FlowJob {
  const [first, ...rest] = tasks;
  if (!first) throw new Error('a chain has at least one task');
  return rest.reduce((inner, task) => flowJob(queueName, task, [inner]), flowJob(queueName, first));
}

/**
 * Adds the tasks as the workload's shape allows; the middle of a fan can only follow when its source has run.
 */
async function submit(
  workload: Workload,
  tasks: readonly BenchTask[],
  flow: FlowProducer,
  queue: Queue,
): Promise<unknown> {
  const [first] = tasks;
  switch (workload.shape) {
    case 'chain':
      return flow.add(nest(queue.name, tasks));
    case 'fan':
      return first && queue.add('task', { id: first.id, fib: first.fib } satisfies Data);
    case 'independent':
      return queue.addBulk(tasks.map(({ id, fib }) => ({ name: 'task', data: { id, fib } satisfies Data })));
    case 'pipelines': {
      const pipelines = Array.from({ length: workload.size }, (_, n) => n * STAGES.length);
      return flow.addBulk(pipelines.map((from) => nest(queue.name, tasks.slice(from, from + STAGES.length))));
    }
  }
}

/** Source first, then one flow in which the sink waits for the middle. */
function fanFlow(queueName: string, tasks: readonly BenchTask[]): FlowJob {
  const sink = tasks.at(-1);
  if (!sink) throw new Error('a fan has a sink');
  return flowJob(
    queueName,
    sink,
    tasks.slice(1, -1).map((task) => flowJob(queueName, task)),
  );
}

/**
 * BullMQ on Redis with an append-only file synced every second: survives a crash of the process, not of the
 * power.
 */
export async function openBullmq(services: Services, isolation: 'none' | 'threads'): Promise<BenchSystem> {
  const connection = { host: '127.0.0.1', port: services.redisPort ?? 0 };
  const flow = new FlowProducer({ connection });
  // Systems share one Redis, so each has a queue of its own.
  const queue = new Queue(`bench-${isolation}`, { connection });
  let current: Current | null = null;
  const inProcess = async (job: Job<Data>): Promise<BodySpan> => {
    const span = runBody(job.data.fib);
    if (job.data.id === 'src') await current?.fanOut();
    return span;
  };
  const threaded = isolation === 'threads';
  const processor = threaded ? new URL('./bullmq-processor.ts', import.meta.url) : inProcess;
  const worker = new Worker<Data, BodySpan>(queue.name, processor, {
    connection,
    concurrency: CONCURRENCY,
    ...(threaded ? { useWorkerThreads: true } : {}),
  });
  worker.on('error', (error) => current?.failed(error));
  worker.on('failed', (_job, error) => current?.failed(error));
  worker.on('completed', (job, span) => {
    if (!current) return;
    current.witness.saw(job.data.id, span);
    if (threaded && job.data.id === 'src') current.fanOut().catch(current.failed);
    current.left--;
    if (current.left === 0) current.ended();
  });
  await worker.waitUntilReady();
  return {
    run: (workload, tasks, witness) =>
      new Promise((resolve, reject) => {
        const fanOut = () => flow.add(fanFlow(queue.name, tasks));
        current = { left: tasks.length, witness, fanOut, ended: resolve, failed: reject };
        submit(workload, tasks, flow, queue).catch(reject);
      }),
    async settle() {
      current = null;
      await queue.obliterate({ force: true });
    },
    async close() {
      await worker.close();
      await flow.close();
      await queue.close();
    },
  };
}
