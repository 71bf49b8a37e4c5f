import type { Job } from 'bullmq';
import type { BodySpan } from '../body.ts';
import { runBody } from '../body.ts';

/** What BullMQ's worker threads run. */
export default async function processJob(job: Job<{ fib: number }>): Promise<BodySpan> {
  return runBody(job.data.fib);
}
