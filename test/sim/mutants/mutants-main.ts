import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { TELLING_SEEDS } from '../telling-seeds.ts';
import { MUTANTS } from './all.ts';
import { type Mutant, mutated } from './mutant.ts';

const USAGE = `npm run mutants -- [--seeds 120] [--jobs 2] [--only name,name] [--table]
Puts bugs back into a copy of orch, one at a time, and plays worlds until one of them shows it: so many from
the first on, then those that \`npm test\` plays because they have shown defects.
--table  say it as a table in Markdown at the end; exit code 1 if one that is not shown is left`;
const PROJECT = join(import.meta.dirname, '../../..');
/** What the simulation is made of. */
const PARTS = ['package.json', 'core', 'migrations', 'test/sim', 'test/checkers', 'test/unit/planner'];
/** A world that has not ended by then never does: others take some hundred milliseconds. */
const PATIENCE_MS = 45_000;

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '120' },
    jobs: { type: 'string', default: '2' },
    only: { type: 'string' },
    table: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const say = (text: string): void => void process.stdout.write(`${text}\n`);

/** What became of a mutant: the seed that shows it, and what that breaks. */
interface Verdict {
  readonly mutant: Mutant;
  readonly seed: number | null;
  readonly how: string;
}

function copyProject(): string {
  const dir = mkdtempSync(join(tmpdir(), 'orch-mutant-'));
  for (const part of PARTS) {
    mkdirSync(dirname(join(dir, part)), { recursive: true });
    cpSync(join(PROJECT, part), join(dir, part), { recursive: true });
  }
  symlinkSync(join(PROJECT, 'node_modules'), join(dir, 'node_modules'));
  return dir;
}

async function hunt(dir: string, mutant: Mutant): Promise<Verdict> {
  const path = join(dir, 'core', mutant.file);
  writeFileSync(path, mutated(mutant, PROJECT));
  try {
    return { mutant, ...(await verdictOf(dir, mutant.kind ?? 'plain')) };
  } finally {
    cpSync(join(PROJECT, 'core', mutant.file), path);
  }
}

type Shown = Omit<Verdict, 'mutant'>;

/** Plays worlds with the bug in them until something is wrong in one. */
async function verdictOf(dir: string, kind: string): Promise<Shown> {
  let shown = await play(dir, ['--kind', kind, '--seeds', values.seeds]);
  const further = kind === 'plain' ? TELLING_SEEDS.filter((seed) => seed > Number(values.seeds)) : [];
  for (const seed of further)
    if (shown.seed === null) shown = await play(dir, ['--seeds', '1', '--seed', String(seed)]);
  return shown;
}

async function play(dir: string, worlds: readonly string[]): Promise<Shown> {
  const options = [...worlds, '--first', '--json', '--progress'];
  const child = spawn(process.execPath, [join(dir, 'test/sim/sim-main.ts'), ...options]);
  let [seed, said, isStuck] = [0, '', false];
  const giveUp = (): void => {
    isStuck = true;
    child.kill('SIGKILL');
  };
  let timer = setTimeout(giveUp, PATIENCE_MS);
  child.stderr.setEncoding('utf8').on('data', (part: string) => {
    said = (said + part).slice(-2_000);
    const [, at] = [...said.matchAll(/^seed (\d+)$/gm)].at(-1) ?? [];
    if (at === undefined || Number(at) === seed) return;
    seed = Number(at);
    clearTimeout(timer);
    timer = setTimeout(giveUp, PATIENCE_MS);
  });
  const stdout = await text(child.stdout);
  clearTimeout(timer);
  if (isStuck) return { seed, how: 'does not end' };
  if (stdout === '') throw new Error(`a mutant cannot run: ${said}`);
  const { failed, broken } = JSON.parse(stdout) as { failed: number[]; broken: object };
  return { seed: failed[0] ?? null, how: Object.keys(broken).join(' ') };
}

function sayTable(verdicts: readonly Verdict[]): void {
  say('| bug | what it is like | where | shown by seed | breaks |\n| --- | --- | --- | --- | --- |');
  for (const { mutant, seed, how } of verdicts)
    say(`| ${mutant.name} | ${mutant.bug} | \`${mutant.file}\` | ${seed ?? 'none'} | ${how} |`);
}

async function main(): Promise<number> {
  if (values.help) {
    say(USAGE);
    return 0;
  }
  const only = values.only?.split(',');
  const chosen = MUTANTS.filter(({ name }) => only === undefined || only.includes(name));
  const waiting = [...chosen];
  const verdicts: Verdict[] = [];
  const work = async (): Promise<void> => {
    const dir = copyProject();
    try {
      for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
        const verdict = await hunt(dir, mutant);
        verdicts.push(verdict);
        const seed = verdict.seed === null ? 'NOT SHOWN' : `seed ${verdict.seed}`;
        if (!values.table)
          say(`${mutant.name.padEnd(34)} ${mutant.bug.padEnd(28)} ${seed.padEnd(10)} ${verdict.how}`);
      }
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  };
  await Promise.all(Array.from({ length: Number(values.jobs) }, work));
  verdicts.sort((a, b) => chosen.indexOf(a.mutant) - chosen.indexOf(b.mutant));
  if (values.table) sayTable(verdicts);
  const seeds = verdicts.flatMap(({ seed }) => (seed === null ? [] : [seed])).sort((a, b) => a - b);
  const median = seeds[Math.floor(seeds.length / 2)] ?? 'none';
  const worlds = `seeds 1 to ${values.seeds} and the telling ones`;
  say(`\n${seeds.length} of ${verdicts.length} are shown by ${worlds}; median seed ${median}.`);
  return seeds.length === verdicts.length ? 0 : 1;
}

process.exitCode = await main();
