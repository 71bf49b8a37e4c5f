import { existsSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { AppError } from '../core/model/errors.ts';
import type { CommandContext } from './context.ts';
import { shellWord } from './render/run-name.ts';

/** The folder of the project that the command line names; an error that says what to do if it is none. */
export function projectDir(context: CommandContext): string {
  const { directory } = context.flags;
  if (!existsSync(directory) || !statSync(directory).isDirectory()) {
    throw new AppError('not_found', `There is no folder ${directory}.`);
  }
  if (isProject(directory)) return directory;
  const above = projectAbove(directory);
  const below = relative(context.host.cwd, directory);
  const inside = below === '' ? 'This folder' : `The folder ${below.startsWith('..') ? directory : below}`;
  const advice =
    above === null
      ? `Make one with 'orch init', or name one with -C DIR.`
      : `The project around it: orch -C ${shellWord(relative(context.host.cwd, above) || '.')} ...`;
  throw new AppError('not_found', `${inside} is no project: it has no dags/ and no airflow.yaml. ${advice}`);
}

function isProject(folder: string): boolean {
  return existsSync(join(folder, 'airflow.yaml')) || existsSync(join(folder, 'dags'));
}

function projectAbove(folder: string): string | null {
  for (let at = dirname(folder); at !== dirname(at); at = dirname(at))
    if (existsSync(join(at, 'airflow.yaml'))) return at;
  return null;
}
