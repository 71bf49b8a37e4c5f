import { parentPort } from 'node:worker_threads';
import { runBody } from '../body.ts';

parentPort?.on('message', ({ id, fib }: { id: string; fib: number }) => {
  parentPort?.postMessage({ id, span: runBody(fib) });
});
