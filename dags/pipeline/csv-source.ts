import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { FatalError, type TaskContext } from 'orch';
import { readCsv } from './csv-file.ts';
import type { Gathered } from './gathered.ts';
import { type RawRow, ROWS_MAX } from './market.ts';
import type { Provenance } from './outputs.ts';
import { symbolName } from './symbol-name.ts';

/**
 * The rows of a symbol from `<symbol>.csv` and from every `.csv` in a folder named `<symbol>`, files in the
 * order of their names; `null` if there is neither. The symbol is compared with the names that are there
 * and never becomes part of a path; where it has characters that file names should not have, its
 * percent-encoded form matches too.
 */
export async function readCsvSource(
  symbol: string,
  csvDir: string,
  ctx: TaskContext,
): Promise<Gathered | null> {
  const paths = await symbolFiles(symbol, csvDir);
  if (paths.length === 0) return null;
  const rows: RawRow[] = [];
  const provenance: Provenance[] = [];
  const kinds = new Set<Gathered['kind']>();
  for (const path of paths) {
    ctx.progress(provenance.length, paths.length, `reading ${relative(csvDir, path)}`);
    const content = await readCsv({ path, signal: ctx.signal });
    kinds.add(content.kind);
    if (rows.length + content.rows.length > ROWS_MAX) {
      throw new FatalError(
        `${symbol} has more than ${ROWS_MAX} rows, the most that one symbol may have. Split the symbol.`,
      );
    }
    for (const row of content.rows) rows.push(row);
    provenance.push({
      source: 'csv',
      origin: shownFolder(csvDir, ctx.projectDir),
      file: relative(csvDir, path),
      licence: null,
      sha256: content.sha256,
      bytes: content.bytes,
      rows: content.rows.length,
    });
  }
  const [kind, other] = kinds;
  if (kind === undefined || other !== undefined) {
    throw new FatalError(
      `The files of ${symbol} in ${csvDir} mix bars and trades; a symbol has one kind of rows.`,
    );
  }
  return { kind, rows, provenance, notes: [] };
}

async function symbolFiles(symbol: string, csvDir: string): Promise<string[]> {
  const names = new Set([symbol, symbolName(symbol)]);
  const entries = await list(csvDir);
  const single = entries.filter((entry) => !entry.isDirectory() && names.has(stem(entry.name)));
  const paths = single.map((entry) => join(csvDir, entry.name));
  for (const folder of entries.filter((entry) => entry.isDirectory() && names.has(entry.name))) {
    const inside = await list(join(csvDir, folder.name));
    const files = inside.filter((entry) => !entry.isDirectory() && stem(entry.name) !== '');
    paths.push(...files.map((entry) => join(csvDir, folder.name, entry.name)));
  }
  return paths.sort();
}

/** The name without `.csv`, or nothing for a file that is none. */
function stem(name: string): string {
  return name.toLowerCase().endsWith('.csv') ? name.slice(0, -'.csv'.length) : '';
}

async function list(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new FatalError(`The folder of CSV files ${folder} does not exist; param csvDir names it.`, {
      cause: error,
    });
  }
}

/** Relative to the project for a folder inside it. */
export function shownFolder(folder: string, projectDir: string): string {
  const path = relative(projectDir, folder);
  return path.startsWith('..') || path === '' ? folder : path;
}
