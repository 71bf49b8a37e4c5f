import { type CompileOptions, compileDag } from '../../../core/authoring/compile.ts';
import type { Locate } from '../../../core/authoring/place.ts';
import type { DagSpec, FanOutSpec, TaskSpec } from '../../../core/model/dag.ts';
import { checkDagSpec } from '../../../core/schema/check-dag-spec.ts';
import { DAG_FILE_SCHEMA } from '../../../core/schema/dag-file.schema.ts';
import { makeValidator } from '../../../core/schema/validate.ts';

/** Says where a mistake is by its path: `tasks/a/needs/0`, with a `#` behind it for the key. */
export const byPath: Locate = (path, at) => ({ source: path.join('/') + (at === 'key' ? '#' : '') });

/** Every mistake as `severity? rule @ path: message (hint)`. */
export function mistakes(author: unknown, options: Partial<CompileOptions> = {}): string[] {
  return compileDag(author, { locate: byPath, ...options }).diagnostics.map(
    ({ severity, rule, source, message, hint }) =>
      `${severity === 'warning' ? 'warning ' : ''}${rule} @ ${source}: ` +
      `${message}${hint === undefined ? '' : ` (${hint})`}`,
  );
}

const published = makeValidator(DAG_FILE_SCHEMA);

/**
 * The canonical graph of an author form that must be right: for the compiler, for the schema that editors
 * use, and for the schema of canonical graphs.
 */
export function spec(author: unknown, options: Partial<CompileOptions> = {}): DagSpec {
  const compiled = compileDag(author, { locate: byPath, ...options });
  if (compiled.spec === null) throw new Error(mistakes(author, options).join('\n'));
  const refused = published(author);
  if (refused.length > 0) throw new Error(`the published schema refuses it: ${refused[0]?.message}`);
  const checked = checkDagSpec(compiled.spec);
  if (!checked.ok) throw new Error(`not a canonical graph: ${checked.message}`);
  return compiled.spec;
}

/** The spec of a DAG `d` with these tasks. */
export function specOf(tasks: object, more: object = {}): DagSpec {
  return spec({ id: 'd', ...more, tasks });
}

/** The mistakes of a DAG `d` with these tasks. */
export function mistakesOf(tasks: object, more: object = {}): string[] {
  return mistakes({ id: 'd', ...more, tasks });
}

/** The task of a path. */
export function task(dag: DagSpec, path: string): TaskSpec {
  const found = dag.tasks.find((one) => one.path === path);
  if (found === undefined)
    throw new Error(`no task ${path} among ${dag.tasks.map((one) => one.path).join(', ')}`);
  return found;
}

/** The fan-out of a path. */
export function fanOut(dag: DagSpec, path: string): FanOutSpec {
  const found = dag.fanOuts?.find((one) => one.path === path);
  if (found === undefined) throw new Error(`no fan-out ${path}`);
  return found;
}
