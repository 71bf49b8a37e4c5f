import type { Diagnostic } from '../model/errors.ts';
import type { Call, CodePlace } from './builder-place.ts';

/** A task function as it is kept: its types were checked where it was declared. */
export type TaskFunction = (inputs: never, ctx: never) => unknown;

/** Options as the author gave them, not yet looked at. */
export type Options = { readonly [name: string]: unknown };

export interface TaskNode {
  readonly kind: 'task';
  readonly id: string;
  readonly path: string;
  readonly parent: ScopeNode;
  readonly options: Options;
  readonly run: TaskFunction | undefined;
  /** The call that declared it. */
  readonly call: Call;
}

export interface ScopeNode {
  readonly kind: 'dag' | 'group' | 'forEach';
  readonly id: string;
  readonly path: string;
  readonly parent: ScopeNode | undefined;
  readonly options: Options;
  /** The call that declared it. */
  readonly call: Call;
  readonly entries: Map<string, Node>;
  readonly build: Build;
  /** The node whose handle the function of a fan-out returned. */
  returns: Node | undefined;
  /** The item of this fan-out is used inside a fan-out further in, where `item` means another one. */
  itemUsedInside: boolean;
}

export type Node = TaskNode | ScopeNode;

/** One evaluation of one DAG file's `dag()` call. */
export interface Build {
  readonly mistakes: Mistake[];
  open: boolean;
}

/** A diagnostic whose place is still one in code. */
export type Mistake = Pick<Diagnostic, 'rule' | 'message' | 'hint'> & {
  readonly place: CodePlace | undefined;
};

/** The scopes around a node, innermost first. */
export function* scopesOf(node: Node): Generator<ScopeNode> {
  for (let scope = node.parent; scope !== undefined; scope = scope.parent) yield scope;
}

/** The innermost fan-out around a node. */
export function fanOutOf(node: Node): ScopeNode | undefined {
  for (const scope of scopesOf(node)) if (scope.kind === 'forEach') return scope;
  return undefined;
}

/** The dotted path of `id` declared in `scope`. */
export function pathIn(scope: ScopeNode, id: string): string {
  return scope.kind === 'dag' ? id : `${scope.path}.${id}`;
}

/**
 * How `from` refers to `to` so that a look-up from the innermost scope outwards finds it: the shortest path
 * whose first segment no nearer scope hides. `undefined` if every one is hidden.
 */
export function referenceTo(to: Node, from: Node): string | undefined {
  let text = to.id;
  let target: Node = to;
  for (let scope = to.parent; scope !== undefined; scope = scope.parent) {
    if (firstFound(target.id, from) === target) return text;
    target = scope;
    text = `${scope.id}.${text}`;
  }
  return undefined;
}

function firstFound(id: string, from: Node): Node | undefined {
  for (const scope of scopesOf(from)) {
    const found = scope.entries.get(id);
    if (found !== undefined) return found;
  }
  return undefined;
}
