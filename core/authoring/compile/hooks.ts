import { type HookName, type HookSpec, hookFunctionName } from '../../model/hook.ts';
import type { JsonObject } from '../../model/json.ts';
import type { AuthorHook } from '../author-form.ts';
import type { AuthorPath } from '../place.ts';
import { type OperatorCatalog, readAction } from './actions.ts';
import { readInheritable } from './inherit.ts';
import type { Reader, Root } from './names.ts';
import type { Problems } from './problems.ts';
import type { Texts } from './texts.ts';
import type { Scope, TaskEntry } from './tree.ts';

const HOOK_ROOTS: ReadonlySet<Root> = new Set(['params', 'run', 'event']);

/** Where hooks stand: in a task, or in the DAG itself. */
export interface HookPlace {
  /** `task 'a.b'`, or `the DAG`. */
  readonly name: string;
  /** Of the task; empty for the DAG. */
  readonly path: string;
  readonly at: AuthorPath;
  readonly scope: Scope;
}

export interface HookTools {
  readonly texts: Texts;
  readonly problems: Problems;
  readonly operators: OperatorCatalog | undefined;
}

type Written<Name extends string> = { readonly [Hook in Name]?: AuthorHook | readonly AuthorHook[] };

/** The hooks of a task or DAG in canonical form; `undefined` if it has none. */
export function readHooks<Name extends HookName>(
  names: readonly Name[],
  written: Written<Name>,
  place: HookPlace,
  tools: HookTools,
): { readonly [Hook in Name]?: readonly HookSpec[] } | undefined {
  const hooks: { [Hook in Name]?: readonly HookSpec[] } = {};
  for (const name of names) {
    const given = written[name];
    if (given === undefined) continue;
    const list = Array.isArray(given) ? (given as readonly AuthorHook[]) : [given as AuthorHook];
    const specs = list.flatMap((hook, index) => {
      const isListed = Array.isArray(given);
      const at = isListed ? [...place.at, name, index] : [...place.at, name];
      const inline = hookFunctionName(place.path, name, isListed ? index : null);
      return readHook(hook, inline, { ...place, name: `${name} of ${place.name}`, at }, tools) ?? [];
    });
    if (specs.length > 0) hooks[name] = specs;
  }
  return Object.keys(hooks).length === 0 ? undefined : hooks;
}

function readHook(
  author: AuthorHook,
  inline: string,
  { name, at, scope }: HookPlace,
  tools: HookTools,
): HookSpec | null {
  const { texts, problems, operators } = tools;
  const reader: Reader = {
    name,
    at,
    scope,
    entry: null,
    roots: HOOK_ROOTS,
    inputs: new Map(),
    readTask: null,
  };
  if (author.uses === undefined && author.run === undefined) {
    problems.error('no-action', `${name} does nothing`, at, { hint: "give it 'uses' or 'run'" });
    return null;
  }
  const entry: TaskEntry = { kind: 'task', id: name, path: name, scope, author };
  const action = readAction({ entry, inline, at, reader, texts, problems }, operators);
  if (
    action === null ||
    (action.kind !== 'function' && action.kind !== 'shell' && action.kind !== 'operator')
  )
    return null;
  const { retries, timeoutMs, env } = readInheritable(author, reader, texts, problems);
  const given = author.with === undefined ? {} : texts.json(author.with, { ...reader, at: [...at, 'with'] });
  const params = given as JsonObject;
  return {
    action,
    ...(Object.keys(params).length > 0 ? { with: params } : {}),
    ...(env !== undefined && Object.keys(env).length > 0 ? { env } : {}),
    ...(retries === undefined ? {} : { retries }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  };
}
