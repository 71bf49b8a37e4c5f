import { realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { FatalError, type Json, type TaskContext } from 'orch';

/** The only folder of a project whose files can be named. */
const FOLDER = 'dags/custom_code/scripts';

/** Runs the function `run` of a file of the project, as the file is now. */
export async function runFile(_inputs: unknown, ctx: TaskContext): Promise<Json> {
  const { file, args } = ctx.params as unknown as { readonly file: string; readonly args: object };
  const path = await pathBelow(join(ctx.projectDir, FOLDER), file);
  // A runner serves many tasks: an edited file is another module to it.
  const { mtimeMs } = await stat(path);
  const module = (await import(`${pathToFileURL(path).href}?at=${mtimeMs}`)) as { readonly run?: unknown };
  if (typeof module.run !== 'function') throw new FatalError(`${FOLDER}/${file} exports no function run.`);
  return (await module.run(args, ctx)) as Json;
}

/** The file that a name stands for, links followed. Throws `FatalError` if it lies outside of the folder. */
export async function pathBelow(folder: string, file: string): Promise<string> {
  const missing = new FatalError(`There is no file ${FOLDER}/${file}.`);
  const resolved = await Promise.all([folder, join(folder, file)].map((path) => realpath(path))).catch(
    () => null,
  );
  const [home, path] = resolved ?? [];
  if (home === undefined || path === undefined || !path.startsWith(home + sep)) throw missing;
  return path;
}
