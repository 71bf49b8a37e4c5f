import { lstat, readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { FileArrival } from '../model/asset.ts';
import { absolutePath, projectPath } from '../parsing/project-path.ts';

/** A file as it is now. */
export type FoundFile = Omit<FileArrival, 'dagId'>;

/**
 * The files of a folder of a project whose names match; none where there is no such folder, or where it leads
 * out of the project. Links are no files.
 */
export async function filesIn(
  projectDir: string,
  folder: string,
  matches: (name: string) => boolean,
): Promise<FoundFile[]> {
  const dir = folder === '' ? projectDir : absolutePath(projectDir, folder);
  const names = await namesIn(projectDir, dir);
  const files: FoundFile[] = [];
  for (const name of names.filter(matches)) {
    const stats = await lstat(join(dir, name)).catch(ignoreMissing);
    if (!stats?.isFile()) continue;
    files.push({
      path: folder === '' ? name : `${folder}/${name}`,
      bytes: stats.size,
      modifiedAt: Math.trunc(stats.mtimeMs),
      arrivedAt: Math.trunc(stats.ctimeMs),
    });
  }
  return files;
}

async function namesIn(projectDir: string, dir: string): Promise<readonly string[]> {
  const [project, real] = await Promise.all([realpath(projectDir), realpath(dir).catch(ignoreMissing)]);
  if (real === undefined || (real !== project && projectPath(project, real) === null)) return [];
  return (await readdir(real).catch(ignoreMissing)) ?? [];
}

/** What goes away while it is looked at is not there; anything else is an error. */
function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
  throw error;
}
