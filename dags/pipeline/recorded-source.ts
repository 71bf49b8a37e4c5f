import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { FatalError, type TaskContext } from 'orch';
import type { ColumnMap } from './csv-columns.ts';
import { readCsv } from './csv-file.ts';
import type { Gathered } from './gathered.ts';

/** Real prices inside npm packages: there right after `npm ci`, without a network. */
type Recording = {
  readonly packageName: string;
  /** A file that the package exports, from which the others are found. */
  readonly entry: string;
  /** Path of the data within the package. */
  readonly file: string;
  readonly licence: string;
  readonly columns: ColumnMap;
  /** Column and text that a row of this symbol has, in a file of several symbols. */
  readonly only?: { readonly column: number; readonly text: string };
  readonly notes: readonly string[];
};

const DAILY: ColumnMap = { kind: 'bars', columns: [0, 1, 2, 3, 4, 6], header: true };
const MONTHLY_PRICE: ColumnMap = { kind: 'bars', columns: [1, 2, 2, 2, 2, -1], header: true };
const MONTHLY_NOTE =
  'The source has one price a month and nothing else: candles have open = high = low = close, ' +
  'and there is no volume.';

const SP500: Recording = {
  packageName: 'vega-datasets',
  entry: 'vega-datasets',
  file: 'data/sp500-2000.csv',
  licence: 'BSD-3-Clause',
  columns: DAILY,
  notes: ['Values of the S&P 500 index: not a security, without dividends.'],
};
const AAPL: Recording = {
  packageName: '@observablehq/sample-datasets',
  entry: '@observablehq/sample-datasets/aapl.csv',
  file: 'aapl.csv',
  licence: 'ISC',
  columns: DAILY,
  notes: ['Prices are adjusted for splits, not for dividends.'],
};
const monthly = (symbol: string): Recording => ({
  packageName: 'vega-datasets',
  entry: 'vega-datasets',
  file: 'data/stocks.csv',
  licence: 'BSD-3-Clause',
  columns: MONTHLY_PRICE,
  only: { column: 0, text: symbol },
  notes: [MONTHLY_NOTE],
});

/** Symbol → recordings, the best first. */
const RECORDINGS: ReadonlyMap<string, readonly Recording[]> = new Map<string, readonly Recording[]>([
  ['SP500', [SP500]],
  ['AAPL', [AAPL, monthly('AAPL')]],
  ...['MSFT', 'AMZN', 'IBM', 'GOOG'].map((symbol) => [symbol, [monthly(symbol)]] as [string, Recording[]]),
]);

export const RECORDED_SYMBOLS: readonly string[] = [...RECORDINGS.keys()];

/** The recorded rows of a symbol, or `null` if there is no recording of it. */
export async function readRecorded(symbol: string, ctx: TaskContext): Promise<Gathered | null> {
  const recordings = RECORDINGS.get(symbol);
  if (recordings === undefined) return null;
  for (const recording of recordings) {
    const folder = await packageFolder(recording, ctx.projectDir);
    if (folder !== null) return gather(recording, folder, ctx.signal);
  }
  const names = [...new Set(recordings.map((recording) => recording.packageName))].join(' or ');
  throw new FatalError(
    `The recorded prices of ${symbol} are in the npm package ${names}, which is not installed here.`,
  );
}

async function gather(recording: Recording, folder: string, signal: AbortSignal): Promise<Gathered> {
  const { only, columns, file, licence, packageName, notes } = recording;
  const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { version: string };
  const keep = only && ((cells: readonly string[]) => cells[only.column] === only.text);
  const content = await readCsv({ path: join(folder, file), signal, columns, ...(keep && { keep }) });
  const origin = `${packageName}@${manifest.version}`;
  const { kind, rows, sha256, bytes } = content;
  return {
    kind,
    rows,
    notes,
    provenance: [{ source: 'recorded', origin, file, licence, sha256, bytes, rows: rows.length }],
  };
}

/** Folder of an installed package, as the project sees it or as this file does; `null` if neither has it. */
async function packageFolder({ entry, packageName }: Recording, projectDir: string): Promise<string | null> {
  for (const from of [join(projectDir, 'package.json'), import.meta.url]) {
    const start = resolveFrom(from, entry);
    if (start === null) continue;
    for (let folder = dirname(start); dirname(folder) !== folder; folder = dirname(folder)) {
      const manifest = await readFile(join(folder, 'package.json'), 'utf8').catch(() => null);
      if (manifest !== null && (JSON.parse(manifest) as { name?: string }).name === packageName)
        return folder;
    }
  }
  return null;
}

function resolveFrom(from: string, specifier: string): string | null {
  try {
    return createRequire(from).resolve(specifier);
  } catch {
    return null;
  }
}
