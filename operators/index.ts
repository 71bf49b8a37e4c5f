import { existsSync, readdirSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { operatorsFolder } from '../core/config/installation.ts';
import { AppError } from '../core/model/errors.ts';
import { isOperator, type Operator } from '../core/model/operator.ts';

const NAME = /^[a-z][a-z0-9_-]{0,63}$/;

/**
 * Loads an operator by its name from the first of the given directories whose `operators/` folder has it,
 * else from orch.
 *
 * @throws AppError `not_found` naming the operators there are, `invalid` when the file holds none.
 */
export async function loadOperator(name: string, projectDirs: readonly string[]): Promise<Operator> {
  const searched = folders(projectDirs);
  if (NAME.test(name)) {
    for (const folder of searched) {
      const file = ['.ts', '.js']
        .map((extension) => join(folder, name + extension))
        .find((path) => existsSync(path));
      if (file !== undefined) return operatorIn(file);
    }
  }
  const known = searched.flatMap(operatorFiles).map((file) => basename(file, extname(file)));
  const list = known.length > 0 ? [...new Set(known)].sort().join(', ') : 'none';
  throw new AppError('not_found', `There is no operator '${name}'. Known operators: ${list}.`);
}

function folders(projectDirs: readonly string[]): string[] {
  return [...new Set([...projectDirs.map((dir) => join(dir, 'operators')), operatorsFolder()])];
}

function operatorFiles(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => /\.(ts|js)$/.test(file) && !file.endsWith('.d.ts') && !/^index\./.test(file))
    .filter((file) => NAME.test(basename(file, extname(file))))
    .sort()
    .map((file) => join(folder, file));
}

/** The operator that a file exports: by default, or the only one under any name. */
async function operatorIn(file: string): Promise<Operator> {
  const module = (await import(pathToFileURL(file).href)) as { readonly [name: string]: unknown };
  const found = Object.entries(module).filter(([, value]) => isOperator(value));
  const chosen = found.find(([name]) => name === 'default') ?? (found.length === 1 ? found[0] : undefined);
  if (chosen) return chosen[1] as Operator;
  const names = found.map(([name]) => name).join(', ');
  const what = found.length === 0 ? 'exports no operator' : `exports several operators (${names})`;
  throw new AppError('invalid', `${basename(file)} ${what}: export one that was made with defineOperator.`);
}
