import { createHash } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { FatalError } from 'orch';
import { symbolName } from './symbol-name.ts';

/**
 * A dataset is what one stage keeps for one symbol: immutable Parquet files named by their content, and
 * `manifest.json`, which says which of them count. Readers go through the manifest, and it is renamed into
 * place last: at every moment it names either the old files or the new ones, all of them complete.
 */
export type DatasetRef = {
  readonly area: string;
  readonly symbol: string;
  /** Hash over the names of the files, and with them over their content. */
  readonly version: string;
};

export type DatasetFile = { readonly path: string; readonly rows: number; readonly bytes: number };
type Manifest = DatasetRef & { readonly v: 1; readonly files: readonly DatasetFile[] };

/** Where a dataset lives. `writer` is unique among writers that may have crashed here; the attempt id is. */
export type DatasetPlace = {
  readonly dataDir: string;
  readonly area: string;
  readonly symbol: string;
  readonly writer: string;
};

/**
 * One file to be: `folder` such as `year=2014` or empty, `contentHash` over its rows, `write` fills a given
 * path.
 */
export type DatasetPart = {
  readonly folder: string;
  readonly contentHash: string;
  readonly rows: number;
  readonly write: (path: string) => Promise<void>;
};

/**
 * Replaces the dataset of a symbol by these parts. Files that are there already with the same content are
 * kept as they are, so the same input gives the same files and touches none. Files of the past are removed
 * at the end.
 */
export async function publishDataset(
  place: DatasetPlace,
  parts: readonly DatasetPart[],
): Promise<{ ref: DatasetRef; written: number }> {
  const home = datasetDir(place.dataDir, place.area, place.symbol);
  await refuseForeignFolder(home, place.symbol);
  const files: DatasetFile[] = [];
  let written = 0;
  for (const part of parts) {
    const path = join(part.folder, `${part.contentHash}.parquet`);
    const target = join(home, path);
    if (!(await exists(target))) {
      await mkdir(dirname(target), { recursive: true });
      await throughTemporary(target, place.writer, part.write);
      written += 1;
    }
    files.push({ path, rows: part.rows, bytes: (await stat(target)).size });
  }
  const ref = {
    area: place.area,
    symbol: place.symbol,
    version: contentHash(
      'files',
      files.map((file) => [file.path]),
    ),
  };
  const manifest: Manifest = { v: 1, ...ref, files };
  const text = `${JSON.stringify(manifest, null, 2)}\n`;
  await throughTemporary(join(home, 'manifest.json'), place.writer, async (path) => writeSynced(path, text));
  await removeOthers(home, new Set(['manifest.json', ...files.map((file) => file.path)]));
  return { ref, written };
}

/** Absolute paths of the files of a dataset. Throws `FatalError` if a newer run has replaced that version. */
export async function datasetFiles(
  dataDir: string,
  ref: DatasetRef,
): Promise<readonly (DatasetFile & { full: string })[]> {
  const home = datasetDir(dataDir, ref.area, ref.symbol);
  const manifest = await readManifest(home);
  if (manifest === null || manifest.version !== ref.version) {
    const found = manifest === null ? 'is gone' : 'has been replaced by another run';
    throw new FatalError(
      `The ${ref.area} data of ${ref.symbol} ${found} (${home}). Run the stages from collect again.`,
    );
  }
  return manifest.files.map((file) => ({ ...file, full: join(home, file.path) }));
}

/** Hash over the shape and the rows of a table, short enough for a file name. */
export function contentHash(columns: string, rows: Iterable<readonly unknown[]>): string {
  const hash = createHash('sha256').update(columns);
  for (const row of rows) hash.update('\n').update(row.join('\u001f'));
  return hash.digest('hex').slice(0, 24);
}

/** Writes a file so that readers see the old content or the new one, never a part. */
export async function replaceFile(path: string, content: string, writer: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await throughTemporary(path, writer, (temporary) => writeSynced(temporary, content));
}

function datasetDir(dataDir: string, area: string, symbol: string): string {
  return join(dataDir, area, `symbol=${symbolName(symbol)}`);
}

async function throughTemporary(
  target: string,
  writer: string,
  write: (path: string) => Promise<void>,
): Promise<void> {
  const temporary = `${target}.${writer.replace(/[^A-Za-z0-9.-]/g, '_')}.tmp`;
  try {
    await write(temporary);
    await sync(temporary, 'r+');
    await rename(temporary, target);
    if (process.platform !== 'win32') await sync(dirname(target), 'r');
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

async function writeSynced(path: string, text: string): Promise<void> {
  const handle = await open(path, 'w', 0o644);
  try {
    await handle.writeFile(text);
  } finally {
    await handle.close();
  }
}

/** Makes what was written to a file, or the renames in a folder, survive a loss of power. */
async function sync(path: string, flags: 'r' | 'r+'): Promise<void> {
  const handle = await open(path, flags);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function readManifest(home: string): Promise<Manifest | null> {
  const path = join(home, 'manifest.json');
  if (!(await exists(path))) return null;
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Manifest;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** Two symbols that differ in case only share a folder on some systems; the second one must not overwrite. */
async function refuseForeignFolder(home: string, symbol: string): Promise<void> {
  const owner = (await readManifest(home))?.symbol ?? symbol;
  if (owner === symbol) return;
  throw new FatalError(
    `${home} holds ${owner}: on this file system ${owner} and ${symbol} cannot both be kept.`,
  );
}

/**
 * Everything below a dataset's folder that the manifest does not name: past versions, leftovers of crashes.
 */
async function removeOthers(home: string, keep: ReadonlySet<string>): Promise<void> {
  const entries = await readdir(home, { recursive: true, withFileTypes: true });
  const folders: string[] = [];
  for (const entry of entries) {
    const full = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) folders.push(full);
    else if (!keep.has(full.slice(home.length + 1))) await rm(full, { force: true });
  }
  for (const folder of folders.sort((a, b) => b.length - a.length)) {
    if ((await readdir(folder)).length === 0) await rm(folder, { recursive: true, force: true });
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
