import { setTimeout as sleep } from 'node:timers/promises';
import { childrenCpuMs } from '../children-cpu.ts';
import { leadProject } from './led-project.ts';
import { ms, type Reading } from './reading.ts';
import { scheduledProject } from './scheduled-project.ts';

const DAGS = 1_000;
/** What the start leaves behind is over by then; so are runners without work, after their minute. */
const SETTLE_MS = 5_000;

/** What a scheduler costs while nothing is due. */
export async function idle(quick: boolean): Promise<Reading[]> {
  const seconds = quick ? 5 : 30;
  const folder = scheduledProject([{ prefix: 'd', count: DAGS, schedule: '0 0 1 2 *' }]);
  try {
    const led = await leadProject(folder.dir);
    await sleep(SETTLE_MS);
    const { reads, writes } = led.watch;
    const children = childrenCpuMs();
    const before = process.cpuUsage();
    await sleep(seconds * 1_000);
    const { user, system } = process.cpuUsage(before);
    const cpu = (user + system) / 1000 / seconds;
    const others = (childrenCpuMs() - children) / seconds;
    const read = (led.watch.reads - reads) / seconds;
    const written = led.watch.writes - writes;
    await led.close();
    const what = `nothing due for ${seconds} s, ${DAGS} DAGs`;
    const row = (name: string, aim: string, found: string, met: boolean | null): Reading => {
      return { goal: '6', what: `${what}: ${name}`, aim, found, met };
    };
    return [
      row('CPU of the leader a second', '<= 1 ms', ms(cpu), cpu <= 1),
      row('CPU of keeper and runners a second', '', ms(others), null),
      row('reads a second; writes', '<= 1; 0', `${read.toFixed(2)}; ${written}`, read <= 1 && written === 0),
    ];
  } finally {
    folder.remove();
  }
}
