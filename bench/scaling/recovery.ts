import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { monotonicMs } from '../body.ts';
import { median } from '../statistics.ts';
import { workloadProject } from '../systems/orch-project.ts';
import { WORKLOADS } from '../workloads.ts';
import { ms, type Reading } from './reading.ts';

const LEADER = fileURLToPath(new URL('./recovery-leader-main.ts', import.meta.url));
const KILLS = 9;
const LINE_MS_MAX = 60_000;

/** `kill -9` of the leader in the middle of W5, and a fresh process that goes on. */
export async function recovery(quick: boolean): Promise<Reading[]> {
  const folder = workloadProject('normal');
  const kills = quick ? 3 : KILLS;
  const { size } = WORKLOADS.W5;
  const times: number[] = [];
  let wrong = 0;
  try {
    for (let round = 0; round < kills; round++) {
      const first = leader(folder.dir, 'trigger');
      const enough = (size * (round + 1)) / (kills + 1);
      await first.line((text) => Number(/^done (\d+)$/.exec(text)?.[1] ?? 0) >= enough);
      first.kill();
      const startedAt = monotonicMs();
      const next = leader(folder.dir, 'resume');
      times.push(Number((await next.line((text) => text.startsWith('handed'))).slice(7)) - startedAt);
      const end = await next.line((text) => text.startsWith('ended'));
      if (end !== `ended success ${size + 2}`) wrong++;
      next.kill();
    }
  } finally {
    folder.remove();
  }
  const [typical, worst] = [median(times), Math.max(...times)];
  return [
    {
      goal: '8',
      what: `killed in W5: from a start to the first attempt handed over, median / worst of ${kills}`,
      aim: '<= 150 ms',
      found: `${ms(typical)} / ${ms(worst)}`,
      met: typical <= 150,
    },
    {
      goal: '8',
      what: 'runs that did not end with every task a success',
      aim: '0',
      found: `${wrong}`,
      met: wrong === 0,
    },
  ];
}

/** A process that leads the project; killed with everything that it started. */
function leader(dir: string, mode: 'trigger' | 'resume') {
  const child = spawn(process.execPath, [LEADER, dir, mode], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout });
  return {
    line: async (isIt: (text: string) => boolean): Promise<string> => {
      const signal = AbortSignal.timeout(LINE_MS_MAX);
      for (;;) {
        const [text] = (await once(lines, 'line', { signal })) as [string];
        if (isIt(text)) return text;
      }
    },
    kill: () => child.kill('SIGKILL'),
  };
}
