import { existsSync, readdirSync } from 'node:fs';
import { loadOperator } from '../../operators/index.ts';
import type { OperatorCatalog, OperatorProblem } from '../authoring/compile/actions.ts';
import { operatorsFolder } from '../config/installation.ts';
import type { Json, JsonObject } from '../model/json.ts';
import type { Operator } from '../model/operator.ts';
import { ownProblems } from '../model/own-problems.ts';
import { makeValidator } from '../schema/validate.ts';
import { absolutePath } from './project-path.ts';

const OPERATOR_FILE = /^(?!index\.)([a-z][a-z0-9_-]{0,63})\.(ts|js)$/;

/** The operators of a project that its DAGs use, loaded as they are asked for. */
export class UsedOperators implements OperatorCatalog {
  readonly #projectDir: string;
  readonly #loaded = new Map<string, Operator>();
  #names: readonly string[] | undefined;

  constructor(projectDir: string) {
    this.#projectDir = projectDir;
  }

  get names(): readonly string[] {
    const folders = [absolutePath(this.#projectDir, 'operators'), operatorsFolder()];
    this.#names ??= [...new Set(folders.flatMap(operatorNames))].sort();
    return this.#names;
  }

  has(name: string): boolean {
    return this.names.includes(name);
  }

  /** The file of the project that defines an operator; `null` if it is one of orch. */
  ownFile(name: string): string | null {
    const files = ['ts', 'js'].map((extension) => `operators/${name}.${extension}`);
    return files.find((file) => existsSync(absolutePath(this.#projectDir, file))) ?? null;
  }

  /** Runs the file of an operator. Throws what the file throws. */
  async load(name: string): Promise<void> {
    this.#loaded.set(name, await loadOperator(name, [this.#projectDir]));
  }

  validate(name: string, params: JsonObject): readonly OperatorProblem[] {
    const operator = this.#loaded.get(name);
    if (operator === undefined) return [];
    const validator = makeValidator(operator.params);
    const problems = validator(params, `operator '${name}'`).filter(
      (problem) => problem.at === 'key' || !holdsTemplate(valueAt(params, problem.path)),
    );
    if (problems.length > 0 || holdsTemplate(params)) return problems;
    return ownProblems(operator, params).map((message) => ({ path: [], message }));
  }
}

function operatorNames(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((file) => OPERATOR_FILE.exec(file)?.[1] ?? []);
}

/** A value with `${{ }}` in it is known only in a run and checked there. */
function holdsTemplate(value: Json | undefined): boolean {
  return value !== undefined && JSON.stringify(value).includes('${{');
}

function valueAt(params: JsonObject, path: readonly (string | number)[]): Json | undefined {
  let value: unknown = params;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string | number, unknown>)[step];
  }
  return value as Json;
}
