import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Isolation } from '../core/model/attempt.ts';
import { AppError } from '../core/model/errors.ts';
import type { JsonObject } from '../core/model/json.ts';
import { isOperator, type Operator } from '../core/model/operator.ts';

/** What DAG files are checked against: an operator without its code. */
export interface OperatorDescription {
  readonly name: string;
  readonly description: string | null;
  /** JSON Schema of the params. */
  readonly params: JsonObject;
  readonly isolation: Isolation;
  /** The file that defines it. */
  readonly file: string;
  /** Sentences about what is wrong with params that the schema allows; they hold no `${{ }}`. */
  validate(params: JsonObject): readonly string[];
}

export interface DescribedOperators {
  readonly operators: ReadonlyMap<string, OperatorDescription>;
  /** Files in which no operator was found, or that could not be loaded: path and sentence. */
  readonly problems: readonly { readonly file: string; readonly message: string }[];
}

const OWN_FOLDER = dirname(fileURLToPath(import.meta.url));
const NAME = /^[a-z][a-z0-9_-]{0,63}$/;

/**
 * Loads every operator that a project may name: those of its `operators/` folder, then those of orch. Runs
 * the code of the files, so call it in a process that user code may end.
 */
export async function describeOperators(projectDir: string): Promise<DescribedOperators> {
  const operators = new Map<string, OperatorDescription>();
  const problems: { file: string; message: string }[] = [];
  for (const folder of folders([projectDir])) {
    for (const file of operatorFiles(folder)) {
      const name = basename(file, extname(file));
      if (operators.has(name)) continue;
      try {
        operators.set(name, describe(name, file, await operatorIn(file)));
      } catch (error) {
        problems.push({ file, message: error instanceof Error ? error.message : String(error) });
      }
    }
  }
  return { operators, problems };
}

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
  return [...new Set([...projectDirs.map((dir) => join(dir, 'operators')), OWN_FOLDER])];
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

function describe(name: string, file: string, operator: Operator): OperatorDescription {
  return {
    name,
    file,
    description: operator.description ?? null,
    params: operator.params,
    isolation: operator.isolation ?? 'process',
    validate: (params) => operator.validate?.(params) ?? [],
  };
}
