import { quantile } from '../statistics.ts';
import { type Lateness, watchLateness } from './lateness.ts';
import { leadProject } from './led-project.ts';
import { ms, type Reading } from './reading.ts';
import { scheduledProject } from './scheduled-project.ts';

const DAGS = 1_000;
const MINUTES = 3;
/** Twelve times the load: every five seconds in the place of every minute. */
const SHORT_MS = 5_000;
const SHORT_SLOTS = 12;

/** A thousand DAGs that are all due at the same instant, by the real clock: every minute, then every 5 s. */
export async function minuteDags(quick: boolean): Promise<Reading[]> {
  const readings: Reading[] = [];
  if (!quick) {
    const lateness = await measure('* * * * *', 60_000, MINUTES);
    readings.push(...readingsOf(`${DAGS} DAGs every minute, ${MINUTES} minutes`, lateness, true));
  }
  const lateness = await measure('*/5 * * * * *', SHORT_MS, quick ? 3 : SHORT_SLOTS);
  readings.push(...readingsOf(`${DAGS} DAGs every 5 s`, lateness, false));
  return readings;
}

async function measure(schedule: string, everyMs: number, slots: number): Promise<Lateness> {
  const folder = scheduledProject([{ prefix: 'd', count: DAGS, schedule }]);
  try {
    const led = await leadProject(folder.dir);
    try {
      // The first slot pays for what is loaded once.
      const span = { everyMs, slots: 1, dags: DAGS, isWatched: () => true };
      if (everyMs < 60_000) await watchLateness(led, folder.dir, span);
      return await watchLateness(led, folder.dir, { ...span, slots });
    } finally {
      await led.close();
    }
  } finally {
    folder.remove();
  }
}

function readingsOf(what: string, lateness: Lateness, hasAim: boolean): Reading[] {
  const { runs, slots, createdMs, handedMs, begunMs, cpuShare, childrenShare } = lateness;
  const spread = (values: readonly number[]): string =>
    values.length === 0 ? 'none' : `${ms(quantile(values, 0.5))} / ${ms(quantile(values, 0.99))}`;
  const row = (name: string, values: readonly number[]): Reading => ({
    goal: 'load',
    what: `${what}: due until ${name}, p50 / p99`,
    aim: hasAim ? 'p99 < 250 ms' : '',
    found: spread(values),
    met: hasAim ? values.length > 0 && quantile(values, 0.99) < 250 : null,
  });
  const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
  return [
    {
      goal: 'load',
      what: `${what}: runs made, of slots due`,
      aim: 'all',
      found: `${runs} of ${slots * DAGS}; begun ${begunMs.length}`,
      met: runs === slots * DAGS && begunMs.length === runs,
    },
    row('the run is stored', createdMs),
    row('its task is handed over', handedMs),
    row('the body begins', begunMs),
    {
      goal: 'load',
      what: `${what}: CPU of the leader, of keeper and runners; share of one core`,
      aim: '',
      found: `${percent(cpuShare)}, ${percent(childrenShare)}`,
      met: null,
    },
  ];
}
