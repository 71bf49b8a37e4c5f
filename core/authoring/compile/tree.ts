import type { AuthorForEach, AuthorGroup, AuthorTask } from '../author-form.ts';
import type { AuthorPath } from '../place.ts';

/**
 * A named thing under `tasks`, in the order of the file; a group or fan-out stands before what is inside it.
 */
export type Entry = TaskEntry | GroupEntry | ForEachEntry;

interface EntryBase {
  readonly id: string;
  /** Dotted path. */
  readonly path: string;
  /** The scope that it stands in. */
  readonly scope: Scope;
}

export interface TaskEntry extends EntryBase {
  readonly kind: 'task';
  /** Without the parts that the schema refused. */
  readonly author: AuthorTask;
}

export interface GroupEntry extends EntryBase {
  readonly kind: 'group';
  readonly author: AuthorGroup;
  /** The scope that it makes. */
  readonly inner: Scope;
}

export interface ForEachEntry extends EntryBase {
  readonly kind: 'forEach';
  readonly author: AuthorForEach;
  readonly inner: Scope;
  /** Position among the fan-outs of the DAG. */
  readonly index: number;
}

/** Where names are looked up: the DAG itself, a group or a fan-out. */
export interface Scope {
  readonly parent: Scope | null;
  /** `null` for the DAG itself. */
  readonly owner: GroupEntry | ForEachEntry | null;
  readonly depth: number;
  /** The innermost fan-out around what stands in it. */
  readonly fanOut: ForEachEntry | null;
  readonly entries: Map<string, Entry>;
}

/** All entries of a DAG. */
export interface Tree {
  readonly root: Scope;
  readonly entries: readonly Entry[];
  readonly fanOuts: readonly ForEachEntry[];
}

/** The path of an entry in the author form. */
export function authorPathOf(entry: Entry): AuthorPath {
  return [...tasksPathOf(entry.scope), entry.id];
}

/** The path of the `tasks` of a scope in the author form. */
export function tasksPathOf(scope: Scope): AuthorPath {
  const { owner } = scope;
  if (owner === null) return ['tasks'];
  return [...authorPathOf(owner), owner.kind, 'tasks'];
}

/** What people call an entry: `task 'a.b'`, `group 'a'`, `fan-out 'a'`. */
export function nameOf(entry: Entry): string {
  return `${entry.kind === 'forEach' ? 'fan-out' : entry.kind} '${entry.path}'`;
}

/** The fan-outs around what stands in a scope, innermost first. */
export function fanOutsAround(scope: Scope): ForEachEntry[] {
  const around: ForEachEntry[] = [];
  for (let at = scope.fanOut; at !== null; at = at.scope.fanOut) around.push(at);
  return around;
}

/** Whether an entry stands, at any depth, in the scope that `owner` makes. */
export function isInside(entry: Entry, owner: Entry): boolean {
  if (owner.kind === 'task') return false;
  for (let scope: Scope | null = entry.scope; scope !== null; scope = scope.parent) {
    if (scope === owner.inner) return true;
  }
  return false;
}
