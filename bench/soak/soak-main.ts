import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { openProject } from '../../core/scheduler/project.ts';
import { median } from '../statistics.ts';
import { figure, table } from '../table.ts';
import { type Holding, holdingOf } from './processes.ts';
import { soakProject } from './soak-project.ts';

const USAGE = `npm run soak -- [--minutes 60]
Runs a scheduler with DAGs that are due every few seconds and says what it holds over time: memory, open
files, processes, the database. What keeps growing in the second half of the time has a slope. Linux only.`;
const LOOK_EVERY_MS = 5_000;

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '60' }, help: { type: 'boolean', default: false } },
});
if (values.help) {
  process.stdout.write(`${USAGE}\n`);
  process.exit(0);
}

const minutes = Number(values.minutes);
const say = (text: string): void => void process.stdout.write(`${text}\n`);
const project = soakProject();
const stateDir = join(project.dir, '.orch');
const bin = join(import.meta.dirname, '../../cli/orch.js');
const scheduler = spawn(process.execPath, [bin, '-C', project.dir, 'scheduler'], { stdio: 'ignore' });
const ended = once(scheduler, 'exit');

interface Look extends Holding {
  readonly atMs: number;
}

const looks: Look[] = [];
const since = performance.now();
while (performance.now() - since < minutes * 60_000) {
  await Promise.race([sleep(LOOK_EVERY_MS), ended]);
  if (scheduler.exitCode !== null) throw new Error(`the scheduler ended with ${scheduler.exitCode}`);
  looks.push({ atMs: performance.now() - since, ...holdingOf(scheduler.pid ?? 0, stateDir) });
}
scheduler.kill('SIGTERM');
await ended;
await report();
project.remove();

async function report(): Promise<void> {
  const opened = await openProject(project.dir);
  const { runNo } = await opened.store.counters();
  const lines = (await opened.store.journal({ limit: 1 }))[0]?.seq;
  const left = (await opened.store.unfinishedRuns()).length;
  const problems = await opened.store.checkIntegrity();
  await opened.close();
  say(
    `${minutes} min: ${figure(runNo)} runs, ${left} unfinished at the end, first journal line kept ${lines}`,
  );
  say(problems.length === 0 ? 'the store is sound' : `the store: ${JSON.stringify(problems)}`);
  const measures: readonly (readonly [string, keyof Holding])[] = [
    ['leader, MiB', 'leaderMib'],
    ['leader, open files', 'leaderFiles'],
    ['others, MiB', 'othersMib'],
    ['processes', 'processes'],
    ['database, MiB', 'databaseMib'],
    ['its log, MiB', 'logMib'],
  ];
  const half = looks.slice(looks.length >> 1);
  const rows = measures.map(([name, field]) => {
    const part = (from: number, to: number): string =>
      figure(
        median(
          looks.slice(Math.floor(looks.length * from), Math.ceil(looks.length * to)).map((one) => one[field]),
        ),
      );
    return [name, part(0, 0.1), part(0.45, 0.55), part(0.9, 1), figure(slopeAnHour(half, field))];
  });
  say(table(['', 'first tenth', 'middle', 'last tenth', 'slope of the 2nd half, an hour'], rows));
}

/** Least squares over the looks. */
function slopeAnHour(of: readonly Look[], field: keyof Holding): number {
  const hours = of.map(({ atMs }) => atMs / 3_600_000);
  const mean = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0) / numbers.length;
  const [x, y] = [mean(hours), mean(of.map((one) => one[field]))];
  const above = of.reduce((sum, one, n) => sum + ((hours[n] as number) - x) * (one[field] - y), 0);
  const below = hours.reduce((sum, hour) => sum + (hour - x) ** 2, 0);
  return below === 0 ? 0 : above / below;
}
