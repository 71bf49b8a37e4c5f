import { closeSync, constants, fstatSync, lstatSync, openSync, readFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AppError } from '../model/errors.ts';

/** A link is not followed, and to open a named pipe waits for nobody. */
const FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
/** Codes of what is not there, or is something else than what orch has put there. */
const NOT_KEPT: ReadonlySet<string | undefined> = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'EMLINK', 'ENXIO']);

/**
 * Opens a file that orch keeps in a folder of its own: a log, an output, an artifact. Tasks can write there,
 * so what is no file any more, or a link, counts as gone: who asks for a log must get no other file that
 * this process can read. `null`: there is none. The folder that all of them lie in may be a link.
 */
export async function openKept(path: string): Promise<FileHandle | null> {
  if (isLink(dirname(path))) return null;
  const file = await open(path, FLAGS).catch(orNull);
  if (file === null || (await file.stat()).isFile()) return file;
  await file.close();
  return null;
}

/**
 * The text of such a file.
 * @throws AppError `conflict` where there is none.
 */
export function readKept(path: string): string {
  if (isLink(dirname(path))) throw gone(path);
  let file: number;
  try {
    file = openSync(path, FLAGS);
  } catch (error) {
    throw NOT_KEPT.has((error as NodeJS.ErrnoException).code) ? gone(path) : error;
  }
  try {
    if (!fstatSync(file).isFile()) throw gone(path);
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}

/** The same without holding up the loop, for what may be large. */
export async function loadKept(path: string): Promise<string> {
  const file = await openKept(path);
  if (file === null) throw gone(path);
  return file.readFile('utf8').finally(() => file.close());
}

function gone(path: string): AppError {
  return new AppError('conflict', `${path} is gone, or is no file of orch any more`);
}

function isLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink();
  } catch {
    return false;
  }
}

function orNull(error: NodeJS.ErrnoException): null {
  if (NOT_KEPT.has(error.code)) return null;
  throw error;
}
