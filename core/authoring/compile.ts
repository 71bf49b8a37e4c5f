import type { DagSpec } from '../model/dag.ts';
import type { Diagnostic } from '../model/errors.ts';
import { ANY_TASKS_SCHEMA, dagSchema } from '../schema/dag-file.schema.ts';
import { makeValidator } from '../schema/validate.ts';
import type { AuthorDag } from './author-form.ts';
import type { OperatorCatalog } from './compile/actions.ts';
import { checkCycles } from './compile/cycles.ts';
import { draftDag } from './compile/dag-fields.ts';
import { compileEntries } from './compile/entries.ts';
import { findNotPlain } from './compile/plain-json.ts';
import { Problems } from './compile/problems.ts';
import { isMapping, readTree, without } from './compile/read-tree.ts';
import { checkTaskType } from './compile/task-type.ts';
import type { Locate } from './place.ts';

export interface CompileOptions {
  /** Finds the places of mistakes. */
  readonly locate: Locate;
  /** The operators that `uses` may name; absent: any name is taken. */
  readonly operators?: OperatorCatalog;
}

export interface Compiled {
  /** The canonical graph; `null` if there is any error. */
  readonly spec: DagSpec | null;
  /** Every mistake found, in the order of the file; at most a hundred. */
  readonly diagnostics: readonly Diagnostic[];
}

const validate = makeValidator(dagSchema(ANY_TASKS_SCHEMA));

/**
 * Turns the author form of a DAG, from YAML or from TypeScript, into its canonical graph. Finds all mistakes
 * at once: what one mistake makes unknowable is left out of the further checks. Pure; never throws for what
 * authors can write.
 */
export function compileDag(author: unknown, { locate, operators }: CompileOptions): Compiled {
  const problems = new Problems(locate);
  const spec = compile(author, operators, problems);
  return { spec: problems.hasErrors ? null : spec, diagnostics: problems.list() };
}

function compile(
  author: unknown,
  operators: OperatorCatalog | undefined,
  problems: Problems,
): DagSpec | null {
  const notPlain = findNotPlain(author);
  if (notPlain !== null) {
    const name = notPlain.path.length === 0 ? 'the DAG' : `'${notPlain.path.join('.')}'`;
    problems.error('not-json', `${name} ${notPlain.message}`, notPlain.path);
    return null;
  }
  const found = validate(author, 'the DAG');
  problems.schema(found, []);
  if (!isMapping(author)) return null;
  const wrong = found.map(({ path }) => String(path[0]));
  const dag = { id: '', ...without(author, wrong) } as unknown as AuthorDag;
  const draft = draftDag(dag, problems);
  if (!isMapping(dag.tasks)) return null;
  const tree = readTree(dag.tasks, problems);
  const params = wrong.includes('params') ? null : new Set(Object.keys(dag.params ?? {}));
  const { tasks, fanOuts, upstreams, hooks } = compileEntries(tree, { dag, params, operators, problems });
  checkCycles(upstreams, problems);
  checkTaskType(dag, tree, problems);
  return { ...draft, ...(hooks ? { hooks } : {}), tasks, ...(fanOuts.length > 0 ? { fanOuts } : {}) };
}
