import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { MUTANTS } from './all.ts';
import { type Mutant, mutated } from './mutant.ts';

const USAGE = `npm run mutants -- [--seeds 60] [--jobs 2] [--only name]
Puts bugs back into a copy of orch, one at a time, and plays worlds until one of them shows it.`;
const PROJECT = join(import.meta.dirname, '../../..');
/** What the simulation is made of. */
const PARTS = ['package.json', 'core', 'migrations', 'test/sim', 'test/checkers', 'test/unit/planner'];
/** A world that does not end by then never does. */
const PATIENCE_MS = 90_000;

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '60' },
    jobs: { type: 'string', default: '2' },
    only: { type: 'string' },
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

function hunt(dir: string, mutant: Mutant): Promise<Verdict> {
  const path = join(dir, 'core', mutant.file);
  writeFileSync(path, mutated(mutant, PROJECT));
  const args = [join(dir, 'test/sim/sim-main.ts'), '--seeds', values.seeds, '--first', '--json'];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { timeout: PATIENCE_MS, maxBuffer: 1e8 }, (error, stdout, stderr) => {
      cpSync(join(PROJECT, 'core', mutant.file), path);
      resolve({ mutant, ...verdictOf(error, stdout, stderr) });
    });
  });
}

function verdictOf(
  error: { readonly killed?: boolean | undefined } | null,
  stdout: string,
  stderr: string,
): { seed: number | null; how: string } {
  if (error?.killed) return { seed: 0, how: 'a world does not end' };
  if (stdout === '') return { seed: null, how: `it ends with an error: ${stderr.slice(0, 200)}` };
  const { failed, broken } = JSON.parse(stdout) as { failed: number[]; broken: object };
  return { seed: failed[0] ?? null, how: Object.keys(broken).join(' ') };
}

async function main(): Promise<number> {
  if (values.help) {
    say(USAGE);
    return 0;
  }
  const waiting = MUTANTS.filter(({ name }) => values.only === undefined || name === values.only);
  const verdicts: Verdict[] = [];
  const work = async (): Promise<void> => {
    const dir = copyProject();
    try {
      for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
        const verdict = await hunt(dir, mutant);
        verdicts.push(verdict);
        const seed =
          verdict.seed === null ? 'NOT FOUND' : verdict.seed === 0 ? 'at once' : `seed ${verdict.seed}`;
        say(`${mutant.name.padEnd(34)} ${mutant.bug.padEnd(28)} ${seed.padEnd(10)} ${verdict.how}`);
      }
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  };
  await Promise.all(Array.from({ length: Number(values.jobs) }, work));
  const seeds = verdicts.flatMap(({ seed }) => (seed === null ? [] : [seed])).sort((a, b) => a - b);
  const median = seeds[Math.floor(seeds.length / 2)] ?? null;
  say(`${seeds.length} of ${verdicts.length} found; median seed ${median}`);
  return 0;
}

process.exitCode = await main();
