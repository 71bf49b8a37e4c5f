import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { quiet } from '../quiet.ts';
import { table } from '../table.ts';
import type { Reading } from './reading.ts';

const MAIN = fileURLToPath(new URL('./scaling-main.ts', import.meta.url));
/** In the order in which they take place; the longest that one may take. */
const MEASURES = [
  'tickCost',
  'manyDefinitions',
  'history',
  'idle',
  'recovery',
  'fairness',
  'minuteDags',
] as const;
const MS_MAX = 900_000;
const QUIET_MS_MAX = 20_000;

const run = promisify(execFile);

/** The scaling goals as a table: every measure in a process of its own, beside nothing else. */
export async function printScaling(isQuick: boolean, say: (text: string) => void): Promise<void> {
  const readings: Reading[] = [];
  for (const name of MEASURES) {
    const idle = await quiet(isQuick ? 1_000 : QUIET_MS_MAX);
    say(`${name}: the cores are ${Math.round(idle * 100)} % idle`);
    try {
      const args = [MAIN, name, ...(isQuick ? ['quick'] : [])];
      const { stdout } = await run(process.execPath, args, { timeout: MS_MAX, maxBuffer: 2 ** 26 });
      readings.push(...(JSON.parse(stdout.trim().split('\n').at(-1) ?? '[]') as Reading[]));
    } catch (error) {
      process.exitCode = 1;
      say(`${name} FAILED: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  say(`\n${scalingTable(readings)}`);
}

/** One line for every reading. */
export function scalingTable(readings: readonly Reading[]): string {
  const word = (met: boolean | null): string => (met === null ? '' : met ? 'reached' : 'MISSED');
  const rows = readings.map(({ goal, what, aim, found, met }) => [`${goal}: ${what}`, aim, found, word(met)]);
  return table(['goal', 'aim', 'found', ''], rows);
}
