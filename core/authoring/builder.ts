import type { TObject } from 'typebox';
import type { Diagnostic } from '../model/errors.ts';
import type { AuthorDag } from './author-form.ts';
import { finish } from './builder-finish.ts';
import type { Mistake, Node, ScopeNode, TaskFunction } from './builder-node.ts';
import { type CodePlace, callOf, placeOf } from './builder-place.ts';
import { makeRef } from './builder-ref.ts';
import { newScope, refusePromise, ScopeBuilder } from './builder-scope.ts';
import type { DagOptions, ParamsOf, Scope } from './builder-types.ts';
import type { AuthorPath } from './place.ts';

const DAG = Symbol.for('orch.dag');

/**
 * What `dag()` returns and a DAG file exports by default: the author form, and the functions it refers to.
 */
export interface Dag {
  readonly id: string;
  readonly author: AuthorDag;
  /** Inline functions by task path, those of hooks by `<task path>@<hook>`: `#<name>` in the author form. */
  readonly functions: ReadonlyMap<string, TaskFunction>;
  /** Mistakes found while building, beside those that compiling finds. */
  readonly mistakes: readonly Mistake[];
  /** The call that declared the value at `path` of the author form, or the nearest call around it. */
  placeOf(path: AuthorPath): CodePlace | undefined;
}

/**
 * Declares a DAG: `export default dag({ id: 'prices' }, (d) => { ... })`. `build` is called once, at once,
 * and must be a pure function: the same tasks at every load. It runs no task.
 */
export function dag<S extends TObject = TObject<Record<never, never>>>(
  options: DagOptions<S>,
  build: (d: Scope<ParamsOf<S>>) => void,
): Dag {
  const root = newScope('dag', String(options?.id ?? ''), { ...options }, callOf(dag as never));
  const params = makeRef({ from: 'params', owner: root, fields: [] });
  const result: unknown = build(new ScopeBuilder(root, params) as unknown as Scope<ParamsOf<S>>);
  refusePromise(result, root);
  root.build.open = false;
  const { author, functions } = finish(root);
  const made = { id: root.id, author, functions, mistakes: root.build.mistakes, placeOf: placeAt };
  function placeAt(path: AuthorPath): CodePlace | undefined {
    return placeOf(nodeAt(root, path).call) ?? placeOf(root.call);
  }
  Object.defineProperty(made, DAG, { value: true });
  return Object.freeze(made);
}

/** True for what `dag()` returned, also by another copy of this module. */
export function isDag(value: unknown): value is Dag {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, DAG);
}

/** The DAGs that a module exports by default: one, or a list; `null` if it is neither. */
export function exportedDags(exported: unknown): readonly Dag[] | null {
  const list = Array.isArray(exported) ? exported : [exported];
  return list.length > 0 && list.every(isDag) ? list : null;
}

/** The inline function of a task or hook, found in what its DAG file exports by default. */
export function inlineFunction(exported: unknown, dagId: string, name: string): TaskFunction | undefined {
  return exportedDags(exported)
    ?.find((one) => one.id === dagId)
    ?.functions.get(name);
}

/** A mistake as a diagnostic, its place found by `locate`. */
export function mistakeDiagnostic(
  mistake: Mistake,
  locate: (place: CodePlace) => Pick<Diagnostic, 'file' | 'line' | 'column' | 'source'>,
): Diagnostic {
  const { place, hint, rule, message } = mistake;
  const where = place === undefined ? {} : locate(place);
  return { severity: 'error', rule, message, ...where, ...(hint === undefined ? {} : { hint }) };
}

function nodeAt(root: ScopeNode, path: AuthorPath): Node {
  let node: Node = root;
  for (let at = 0; at < path.length; at++) {
    if (path[at] !== 'tasks' || node.kind === 'task') continue;
    const child = node.entries.get(String(path[at + 1]));
    if (child === undefined) return node;
    node = child;
    at++;
  }
  return node;
}
