import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { monotonicMs } from './body.ts';
import { quiet } from './quiet.ts';
import type { Figure } from './results.ts';
import { median } from './statistics.ts';
import { shellProject } from './systems/orch-project.ts';

const ORCH = fileURLToPath(new URL('../cli/orch.js', import.meta.url));
const RUN_MS_MAX = 60_000;
const QUIET_MS_MAX = 20_000;
const CHAIN = 100;
const FAN = 200;

const run = promisify(execFile);

/** Wall time of a command of orch, process start included. */
async function timeOf(args: readonly string[]): Promise<number> {
  await quiet(QUIET_MS_MAX);
  const startedAt = monotonicMs();
  await run(process.execPath, [ORCH, ...args], { timeout: RUN_MS_MAX, maxBuffer: 2 ** 26 });
  return monotonicMs() - startedAt;
}

/** What a user waits for: start-up of the command line, and steps that are commands of the shell. */
export async function otherFigures(quick: boolean): Promise<Figure[]> {
  const project = shellProject(CHAIN, FAN);
  const inProject = ['-C', project.dir];
  const rows = [
    { name: 'orch --help', args: ['--help'], goal: '<= 150 ms' },
    { name: 'orch list, 2 DAGs', args: [...inProject, 'list'] },
    {
      name: `chain of ${CHAIN} x true, start included`,
      args: [...inProject, 'trigger', 'shell_chain'],
      goal: '<= 450 ms',
    },
    {
      name: `true 1 -> ${FAN} -> 1, start included`,
      args: [...inProject, 'trigger', 'shell_fan'],
      goal: '<= 500 ms',
    },
  ];
  const figures: Figure[] = [];
  try {
    for (const { name, args, goal } of rows) {
      const times: number[] = [];
      await timeOf(args);
      for (let round = 0; round < (quick ? 3 : 9); round++) times.push(await timeOf(args));
      figures.push({ name, value: median(times), unit: 'ms', ...(goal ? { goal } : {}) });
    }
  } finally {
    project.remove();
  }
  return figures;
}
