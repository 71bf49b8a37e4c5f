import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Summary } from './measurement.ts';

/** A figure of orch alone: a start-up time, a workload of shell steps. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: 'ms' | 'MiB';
  readonly goal?: string;
}

/** What one run of the benchmark found. */
export interface BenchResults {
  readonly machine: {
    readonly cores: number;
    readonly model: string;
    readonly memoryGib: number;
    readonly node: string;
  };
  readonly summaries: readonly Summary[];
  readonly figures: readonly Figure[];
  /** Systems that did not run, with the reason. */
  readonly absent: Readonly<Record<string, string>>;
}

const FOLDER = fileURLToPath(new URL('./results/', import.meta.url));
/** Kept in the repository: what later runs are compared with. */
const BASELINE = `${FOLDER}baseline.json`;
/** The last run on this machine; not kept. */
const LATEST = `${FOLDER}latest.tmp.json`;

export function thisMachine(): BenchResults['machine'] {
  const [first] = cpus();
  return {
    cores: cpus().length,
    model: first?.model ?? 'unknown',
    memoryGib: Math.round(totalmem() / 2 ** 30),
    node: process.version,
  };
}

export function readBaseline(): BenchResults | null {
  return existsSync(BASELINE) ? (JSON.parse(readFileSync(BASELINE, 'utf8')) as BenchResults) : null;
}

/** Writes the results, four digits a number; to the baseline as well if asked. */
export function writeResults(results: BenchResults, asBaseline: boolean): void {
  const short = (_: string, value: unknown): unknown =>
    typeof value === 'number' ? Number(value.toPrecision(4)) : value;
  const text = `${JSON.stringify(results, short, 2)}\n`;
  mkdirSync(FOLDER, { recursive: true });
  for (const file of asBaseline ? [LATEST, BASELINE] : [LATEST]) writeFileSync(file, text);
}
