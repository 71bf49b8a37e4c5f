import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { monotonicMs } from '../body.ts';
import { median } from '../statistics.ts';
import { workloadProject } from '../systems/orch-project.ts';
import { readSpans } from '../systems/orch-witness.ts';
import { WORKLOADS } from '../workloads.ts';
import { ms, type Reading } from './reading.ts';

const LEADER = fileURLToPath(new URL('./recovery-leader-main.ts', import.meta.url));
const ORCH = fileURLToPath(new URL('../../cli/orch.js', import.meta.url));
const KILLS = 9;
const LINE_MS_MAX = 60_000;
/** Runners of a leader that was killed are gone by then, and have written what they saw. */
const GONE_MS = 200;

/** `kill -9` of the leader in the middle of W5; `orch scheduler` goes on. */
export async function recovery(quick: boolean): Promise<Reading[]> {
  const folder = workloadProject('normal');
  const kills = quick ? 3 : KILLS;
  const { size } = WORKLOADS.W5;
  const times: number[] = [];
  let wrong = 0;
  try {
    for (let round = 0; round < kills; round++) {
      const first = start([LEADER, folder.dir]);
      const enough = (size * (round + 1)) / (kills + 1);
      await first.line((text) => Number(/^done (\d+)$/.exec(text)?.[1] ?? 0) >= enough);
      first.kill();
      await sleep(GONE_MS);
      readSpans(folder.dir);
      const startedAt = monotonicMs();
      const next = start([ORCH, '-C', folder.dir, 'scheduler', '--json']);
      const end = await next.line((text) => /"state":"(success|failed|cancelled)"/.test(text));
      if (!end.includes('"state":"success"')) wrong++;
      await sleep(GONE_MS);
      const begun = readSpans(folder.dir).map((span) => span.startedAt);
      times.push(begun.reduce((least, at) => Math.min(least, at), Number.POSITIVE_INFINITY) - startedAt);
      next.kill();
    }
  } finally {
    folder.remove();
  }
  const [typical, worst] = [median(times), Math.max(...times)];
  return [
    {
      goal: '8',
      what: `killed in W5: from a start of orch scheduler to the first body, median / worst of ${kills}`,
      aim: '<= 150 ms',
      found: `${ms(typical)} / ${ms(worst)}`,
      met: typical <= 150,
    },
    {
      goal: '8',
      what: 'of these runs, those that did not succeed',
      aim: '0',
      found: `${wrong}`,
      met: wrong === 0,
    },
  ];
}

/** A process of Node, line by line; killed by itself only, as a machine would. */
function start(args: readonly string[]) {
  const child = spawn(process.execPath, [...args], { stdio: ['ignore', 'pipe', 'inherit'] });
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
