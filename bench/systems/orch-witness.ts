import { readdirSync, readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type BodySpan, monotonicMs } from '../body.ts';
import type { Witness } from '../witness.ts';

/**
 * Runners write a few milliseconds after the last task; a line that is not there after this long never comes.
 */
const LINES_MS_MAX = 2000;
const LOOK_EVERY_MS = 10;

/**
 * The id that the workload gives a task: the key in a fan, key and stage in a pipeline, else the task's own.
 */
function benchId(taskId: string, key: string): string {
  if (key === '') return taskId;
  return taskId === 'middle.m' ? key : `${key}.${taskId.slice(taskId.indexOf('.') + 1)}`;
}

function readLines(folder: string): string[] {
  return readdirSync(folder).flatMap((file) =>
    readFileSync(join(folder, file), 'utf8').split('\n').filter(Boolean),
  );
}

/** When the body of a task ran. */
export interface SeenSpan extends BodySpan {
  readonly taskId: string;
}

/** When bodies ran that nobody has read of, by the monotonic clock; empties the files of the runners. */
export function readSpans(projectDir: string): SeenSpan[] {
  const folder = join(projectDir, 'witness');
  const spans = readLines(folder).map((line) => {
    const [taskId = '', , startedAt, endedAt] = line.split('\t');
    return { taskId, startedAt: Number(startedAt), endedAt: Number(endedAt) };
  });
  for (const file of readdirSync(folder)) truncateSync(join(folder, file));
  return spans;
}

/** Reads what the runners wrote about one run of so many tasks, and empties their files. */
export async function readWitness(projectDir: string, tasks: number, witness: Witness): Promise<void> {
  const folder = join(projectDir, 'witness');
  const until = monotonicMs() + LINES_MS_MAX;
  let lines = readLines(folder);
  while (lines.length < tasks && monotonicMs() < until) {
    await sleep(LOOK_EVERY_MS);
    lines = readLines(folder);
  }
  for (const line of lines) {
    const [taskId = '', key = '', startedAt, endedAt] = line.split('\t');
    witness.saw(benchId(taskId, key), { startedAt: Number(startedAt), endedAt: Number(endedAt) });
  }
  for (const file of readdirSync(folder)) truncateSync(join(folder, file));
}
