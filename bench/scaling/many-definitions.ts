import { monotonicMs } from '../body.ts';
import { quantile } from '../statistics.ts';
import { watchLateness } from './lateness.ts';
import { leadProject } from './led-project.ts';
import { ms, type Reading } from './reading.ts';
import { scheduledProject } from './scheduled-project.ts';

const DAGS = 10_000;
const SECONDS = 60;
/** A start with so many, so many in a file: each file is evaluated once, in a process of its own. */
const UNCHANGED = { dags: 100_000, aFile: 1_000 };
/** DAGs that are due every second, beside all those that are not. */
const DUE = { prefix: 'now', count: 1, schedule: '* * * * * *' };

/** A start with definitions that have not changed, and how late one DAG of ten thousand starts. */
export async function manyDefinitions(quick: boolean): Promise<Reading[]> {
  return [await lateAmongMany(quick), await unchanged(quick)];
}

async function lateAmongMany(quick: boolean): Promise<Reading> {
  const count = quick ? 1_000 : DAGS;
  const folder = scheduledProject([{ prefix: 'd', count, schedule: '0 0 1 2 *' }, DUE]);
  try {
    const led = await leadProject(folder.dir);
    const span = { everyMs: 1_000, slots: 5, dags: 1, isWatched: (id: string) => id === 'now0' };
    await watchLateness(led, folder.dir, span);
    const { begunMs } = await watchLateness(led, folder.dir, { ...span, slots: quick ? 10 : SECONDS });
    await led.close();
    const [p50, p99] = [quantile(begunMs, 0.5), quantile(begunMs, 0.99)];
    return {
      goal: '1',
      what: `due until the body begins, one DAG of ${count} every second, p50 / p99`,
      aim: '<= 2 / 10 ms',
      found: `${ms(p50)} / ${ms(p99)}`,
      met: p50 <= 2 && p99 <= 10,
    };
  } finally {
    folder.remove();
  }
}

async function unchanged(quick: boolean): Promise<Reading> {
  const count = quick ? UNCHANGED.dags / 10 : UNCHANGED.dags;
  const folder = scheduledProject([{ prefix: 'd', count, schedule: '0 0 1 2 *' }], '', UNCHANGED.aFile);
  try {
    const first = await start(folder.dir);
    const again = await start(folder.dir);
    return {
      goal: '1',
      what: `start with ${count} unchanged definitions`,
      aim: '<= 2 s with 100,000',
      found: `${ms(again.tookMs)}, ${ms(again.cpuMs)} of CPU; the first start ${ms(first.tookMs)}`,
      met: again.tookMs * (UNCHANGED.dags / count) <= 2_000,
    };
  } finally {
    folder.remove();
  }
}

/** Until a scheduler has looked at every file, without the start of the process. */
async function start(dir: string): Promise<{ readonly tookMs: number; readonly cpuMs: number }> {
  const startedAt = monotonicMs();
  const before = process.cpuUsage();
  const led = await leadProject(dir);
  const tookMs = monotonicMs() - startedAt;
  const { user, system } = process.cpuUsage(before);
  await led.close();
  return { tookMs, cpuMs: (user + system) / 1000 };
}
