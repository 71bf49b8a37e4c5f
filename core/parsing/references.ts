import type { AuthorPath } from '../authoring/place.ts';
import { HOOKS } from '../model/hook.ts';

/** A `uses:` of a DAG as its author wrote it. */
export interface AuthorReference {
  readonly uses: string;
  readonly path: AuthorPath;
}

/** Every `uses` of an author form, whatever else is wrong with the form. */
export function authorReferences(author: unknown): AuthorReference[] {
  const found: AuthorReference[] = [...hookReferences(author, [])];
  const open: { tasks: unknown; path: AuthorPath }[] = [{ tasks: field(author, 'tasks'), path: ['tasks'] }];
  for (let next = open.shift(); next !== undefined; next = open.shift()) {
    if (!isObject(next.tasks)) continue;
    for (const [id, entry] of Object.entries(next.tasks)) {
      const uses = field(entry, 'uses');
      if (typeof uses === 'string') found.push({ uses, path: [...next.path, id, 'uses'] });
      found.push(...hookReferences(entry, [...next.path, id]));
      for (const inner of ['group', 'forEach']) {
        const tasks = field(field(entry, inner), 'tasks');
        if (tasks !== undefined) open.push({ tasks, path: [...next.path, id, inner, 'tasks'] });
      }
    }
  }
  return found;
}

function hookReferences(of: unknown, path: AuthorPath): AuthorReference[] {
  return HOOKS.flatMap((name) => {
    const given = field(of, name);
    const list: unknown[] = Array.isArray(given) ? given : [given];
    return list.flatMap((hook, index) => {
      const uses = field(hook, 'uses');
      const at = Array.isArray(given) ? [...path, name, index, 'uses'] : [...path, name, 'uses'];
      return typeof uses === 'string' ? [{ uses, path: at }] : [];
    });
  });
}

/** A function of the project by file and export. */
export interface CodeReference {
  readonly file: string;
  readonly name: string;
}

/** The file and export that `./file.ts#export` names; `null` for an operator or an inline function. */
export function codeReference(uses: string): CodeReference | null {
  if (!/^\.{1,2}\//.test(uses)) return null;
  const hash = uses.lastIndexOf('#');
  return hash === -1
    ? { file: uses, name: 'default' }
    : { file: uses.slice(0, hash), name: uses.slice(hash + 1) };
}

function field(value: unknown, name: string): unknown {
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

function isObject(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
