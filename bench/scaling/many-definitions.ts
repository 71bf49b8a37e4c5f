import { monotonicMs } from '../body.ts';
import { quantile } from '../statistics.ts';
import { watchLateness } from './lateness.ts';
import { leadProject } from './led-project.ts';
import { ms, type Reading } from './reading.ts';
import { scheduledProject } from './scheduled-project.ts';

const DAGS = 10_000;
const SECONDS = 60;
/** DAGs that are due every second, beside all those that are not. */
const DUE = { prefix: 'now', count: 1, schedule: '* * * * * *' };

/** A start with definitions that have not changed, and how late one DAG of ten thousand starts. */
export async function manyDefinitions(quick: boolean): Promise<Reading[]> {
  const count = quick ? 1_000 : DAGS;
  const folder = scheduledProject([{ prefix: 'd', count, schedule: '0 0 1 2 *' }, DUE]);
  try {
    const firstMs = await startMs(folder.dir);
    const againMs = await startMs(folder.dir);
    const led = await leadProject(folder.dir);
    const span = { everyMs: 1_000, slots: 5, dags: 1, isWatched: (id: string) => id === 'now0' };
    await watchLateness(led, folder.dir, span);
    const { begunMs } = await watchLateness(led, folder.dir, { ...span, slots: quick ? 10 : SECONDS });
    await led.close();
    const [p50, p99] = [quantile(begunMs, 0.5), quantile(begunMs, 0.99)];
    return [
      {
        goal: '1',
        what: `due until the body begins, one DAG of ${count} every second, p50 / p99`,
        aim: '<= 2 / 10 ms',
        found: `${ms(p50)} / ${ms(p99)}`,
        met: p50 <= 2 && p99 <= 10,
      },
      {
        goal: '1',
        what: `start with ${count} unchanged definitions`,
        aim: '<= 2 s with 100,000',
        found: `${ms(againMs)}; the first start ${ms(firstMs)}`,
        met: againMs * (100_000 / count) <= 2_000,
      },
    ];
  } finally {
    folder.remove();
  }
}

/** Until a scheduler has looked at every file, without the start of the process. */
async function startMs(dir: string): Promise<number> {
  const startedAt = monotonicMs();
  const led = await leadProject(dir);
  const took = monotonicMs() - startedAt;
  await led.close();
  return took;
}
