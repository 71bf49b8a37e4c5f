import { spawn } from 'node:child_process';
import { on } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { monotonicMs } from '../body.ts';
import { median } from '../statistics.ts';
import { workloadProject } from '../systems/orch-project.ts';
import { readSpans } from '../systems/orch-witness.ts';
import { WORKLOADS } from '../workloads.ts';
import { installedOrch } from './installed-orch.ts';
import { ms, type Reading } from './reading.ts';

const LEADER = fileURLToPath(new URL('./recovery-leader-main.ts', import.meta.url));
const ORCH = fileURLToPath(new URL('../../cli/orch.js', import.meta.url));
const KILLS = 9;
const LINE_MS_MAX = 60_000;
/** Runners of a leader that was killed are gone by then, and have written what they saw. */
const GONE_MS = 200;

/** A way to start orch, and what was seen of it. */
interface Way {
  readonly name: string;
  readonly command: string;
  readonly times: number[];
  wrong: number;
}

/**
 * `kill -9` of the leader in the middle of W5; `orch scheduler` goes on, from the npm package and from the
 * sources in turns.
 */
export async function recovery(quick: boolean): Promise<Reading[]> {
  const folder = workloadProject('normal');
  const kills = quick ? 3 : KILLS;
  const installed = installedOrch();
  const ways: readonly Way[] = [
    { name: 'the npm package', command: installed.command, times: [], wrong: 0 },
    { name: 'the sources', command: ORCH, times: [], wrong: 0 },
  ];
  try {
    for (let round = 0; round < kills; round++)
      for (const way of ways) await recoverOnce(folder.dir, (round + 1) / (kills + 1), way);
  } finally {
    folder.remove();
    installed.remove();
  }
  return ways.flatMap((way) => readingsOf(way, kills));
}

async function recoverOnce(dir: string, share: number, way: Way): Promise<void> {
  const first = start([LEADER, dir]);
  const enough = WORKLOADS.W5.size * share;
  await first.line((text) => Number(/^done (\d+)$/.exec(text)?.[1] ?? 0) >= enough);
  first.kill();
  await sleep(GONE_MS);
  readSpans(dir);
  const startedAt = monotonicMs();
  const next = start([way.command, '-C', dir, 'scheduler', '--json']);
  const end = await next.line((text) => /"state":"(success|failed|cancelled)"/.test(text));
  if (!end.includes('"state":"success"')) way.wrong++;
  await sleep(GONE_MS);
  const begun = readSpans(dir).map((span) => span.startedAt);
  way.times.push(begun.reduce((least, at) => Math.min(least, at), Number.POSITIVE_INFINITY) - startedAt);
  next.kill();
}

function readingsOf({ name, times, wrong }: Way, kills: number): Reading[] {
  const figures = `median / least / worst of ${kills}`;
  const [typical, least, worst] = [median(times), Math.min(...times), Math.max(...times)];
  return [
    {
      goal: '8',
      what: `killed in W5: start of orch scheduler of ${name} to the first body, ${figures}`,
      aim: '<= 150 ms',
      found: `${ms(typical)} / ${ms(least)} / ${ms(worst)}`,
      met: typical <= 150,
    },
    {
      goal: '8',
      what: `of these runs of ${name}, those that did not succeed`,
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
      // Several lines may come at once: `on` keeps those that nobody waits for yet.
      for await (const [text] of on(lines, 'line', { signal })) if (isIt(text)) return text;
      throw new Error('it ended without the line that was waited for');
    },
    kill: () => child.kill('SIGKILL'),
  };
}
